import type { Config } from "../../config/config.ts";
import { enabledInstances, enabledStores } from "../../config/instances.ts";
import type { LoadedPlugin } from "../../host/opening.ts";
import { UntrustedError } from "../../host/trust/trust.ts";
import { PLUGIN_LIST } from "../../results/plugins.ts";
import type { ValueOf } from "../../results/result.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { given } from "../../units/given.ts";
import { hintOf } from "../../units/hint-of.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { loadAgreed } from "./load-agreed.ts";

export default defineCommand({
  about: "list every plugin, where it came from and whether it is in use",
  examples: [{ line: "plugin list", about: "the built-in ones and yours" }],
  json: [PLUGIN_LIST],
  paged: () => true,
  async run(call) {
    const { json, terminal } = call;
    const { config, plugins, failures } = await loadAgreed(call);
    const shown = plugins.map((loaded) => summaryOf(loaded, config));
    const failed = failures.map(({ name, error }) => ({
      source: name,
      message: error.message,
      untrusted: error instanceof UntrustedError || config.sealed === true,
    }));
    if (json) printResult(call, PLUGIN_LIST, { plugins: shown, failures: failed });
    else printList(shown, terminal);
    for (const { error } of json ? [] : failures) {
      const hint = hintOf(error);
      terminal.warn(error.message, ...(hint === undefined ? [] : [`  ${hint}`]));
    }
    return failures.length === 0 ? EXIT.ok : EXIT.partial;
  },
});

type Summary = ValueOf<typeof PLUGIN_LIST>["plugins"][number];

function summaryOf(loaded: LoadedPlugin, config: Config): Summary {
  const { plugin, source } = loaded;
  const { name, version, about } = plugin;
  return { plugin: name, ...given({ version }), about, source, faces: facesOf(loaded, config) };
}

/** A backend is in use unless it is disabled, or asked only where it is named; a sink or a store only if it is configured. */
const facesOf = (
  { plugin: { name, backend, sink, store }, onlyNamed }: LoadedPlugin,
  config: Config,
): Summary["faces"] => [
  ...((backend && [
    { face: "backend" as const, inUse: enabledInstances(name, config, onlyNamed).length > 0 },
  ]) ||
    []),
  ...((sink && [{ face: "sink" as const, inUse: config.sinks[name]?.enabled === true }]) || []),
  ...((store && [{ face: "store" as const, inUse: enabledStores(name, config).length > 0 }]) || []),
];

function printList(plugins: readonly Summary[], terminal: Terminal): void {
  const { bold, dim } = terminal.colors;
  const rows = plugins.map(({ plugin, version = "", source, about, faces }) => [
    bold(plugin),
    version,
    faces.map(({ face, inUse }) => `${face}${inUse === false ? " (off)" : ""}`).join(", "),
    dim(source),
    about,
  ]);
  printTable(terminal, [{}, {}, {}, {}, {}], rows);
}
