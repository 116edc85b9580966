import * as v from "valibot";
import type { Config } from "../../config/config.ts";
import { enabledInstances } from "../../config/instances.ts";
import type { Plugin } from "../../contract/contract.ts";
import type { LoadedPlugin } from "../../host/opening.ts";
import { UntrustedError } from "../../host/trust/trust.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { loadAgreed } from "./load-agreed.ts";

const pluginSchema = v.object({
  name: v.string(),
  version: v.optional(v.string()),
  about: v.string(),
  source: v.string(),
  backend: v.picklist(["on", "off", "none"]),
  sink: v.picklist(["on", "off", "none"]),
  /** It has a store; places in the configuration use it. */
  store: v.boolean(),
});

export default defineCommand({
  about: "list every plugin, where it came from and whether it is in use",
  args: { json: { type: "flag", about: "print one JSON object" } },
  examples: [{ line: "plugin list", about: "the built-in ones and yours" }],
  json: v.object({
    plugins: v.array(pluginSchema),
    failures: v.array(v.object({ source: v.string(), problem: v.string(), untrusted: v.boolean() })),
  }),
  async run(call) {
    const { args, terminal } = call;
    const { config, plugins, failures } = await loadAgreed(call);
    const shown = plugins.map((loaded) => summaryOf(loaded, config));
    const failed = failures.map(({ name, error }) => ({
      source: name,
      problem: error.message,
      untrusted: error instanceof UntrustedError || config.sealed === true,
    }));
    if (args.json) terminal.printJson({ plugins: shown, failures: failed });
    else printList(shown, terminal);
    for (const { error } of args.json ? [] : failures) {
      const hint = hintOf(error);
      terminal.warn(error.message, ...(hint === undefined ? [] : [`  ${hint}`]));
    }
    return failures.length === 0 ? EXIT.ok : EXIT.partial;
  },
});

type Summary = v.InferOutput<typeof pluginSchema>;

function summaryOf({ plugin, source }: LoadedPlugin, config: Config): Summary {
  const { name, version, about } = plugin;
  return { name, ...given({ version }), about, source, ...usage(plugin, config) };
}

/** A backend is in use unless it is disabled, a sink only if it is configured. */
function usage(
  { name, backend, sink, store }: Plugin,
  config: Config,
): Pick<Summary, "backend" | "sink" | "store"> {
  const backendIsOn = enabledInstances(name, config).length > 0;
  const sinkIsOn = config.sinks[name]?.enabled === true;
  return {
    backend: backend === undefined ? "none" : backendIsOn ? "on" : "off",
    sink: sink === undefined ? "none" : sinkIsOn ? "on" : "off",
    store: store !== undefined,
  };
}

function printList(plugins: readonly Summary[], terminal: Terminal): void {
  const { bold, dim } = terminal.colors;
  const rows = plugins.map(({ name, version = "", source, about, ...faces }) => [
    bold(name),
    version,
    facesText(faces),
    dim(source),
    about,
  ]);
  for (const line of formatTable([{}, {}, {}, {}, {}], rows)) terminal.print(line);
}

function facesText({ backend, sink, store }: Pick<Summary, "backend" | "sink" | "store">): string {
  const off = (state: string): string => (state === "off" ? " (off)" : "");
  const named = [
    backend === "none" ? "" : `backend${off(backend)}`,
    sink === "none" ? "" : `sink${off(sink)}`,
    store ? "store" : "",
  ];
  return named.filter((face) => face !== "").join(", ");
}
