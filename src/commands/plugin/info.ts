import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import type { OpenFailure } from "../../host/open.ts";
import { LockError, readLock } from "../../host/trust/lock.ts";
import { UntrustedError } from "../../host/trust/trust.ts";
import { PLUGIN_INFO } from "../../results/plugins.ts";
import { RefusedError, UsageError } from "../../tasks/task/errors.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { wrapWords } from "../../terminal/wrap.ts";
import { hintOf } from "../../units/hint-of.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { type Description, describePlugin } from "./describe.ts";
import { loadAgreed } from "./load-agreed.ts";
import { toMarkdown } from "./markdown.ts";

export default defineCommand({
  about: "show a plugin's capabilities and options: types, defaults, environment variables, present values",
  args: {
    plugin: {
      type: "positional",
      hint: "PLUGIN",
      required: true,
      complete: "plugins",
      about: "its name",
    },
    markdown: { type: "flag", about: "print the plugin's section of the documentation" },
  },
  examples: [
    { line: "plugin info loki", about: "its options and their present values" },
    { line: "plugin info loki --markdown", about: "for a page of documentation" },
  ],
  exclusive: [["markdown", "json"]],
  json: [PLUGIN_INFO],
  paged: ({ markdown }) => !markdown,
  async run(call) {
    const { args, terminal } = call;
    const { config, plugins, failures } = await loadAgreed(call);
    const loaded = plugins.find(
      ({ plugin, source }) => plugin.name === args.plugin || source === args.plugin,
    );
    if (loaded === undefined) refuse(args.plugin, config, failures);
    if (loaded === undefined)
      throw unknown(
        args.plugin,
        plugins.map(({ plugin }) => plugin.name),
      );
    const description = await describePlugin(loaded, config);
    if (call.json) printResult(call, PLUGIN_INFO, description);
    else
      terminal.print(
        ...(args.markdown ? toMarkdown(description).split("\n") : forPeople(description, terminal)),
      );
    return EXIT.ok;
  },
});

/** A plugin that was not loaded goes by the name it had when it was trusted. */
function refuse(word: string, { directory, sealed }: Config, failures: readonly OpenFailure[]): void {
  const broken = failures.find(({ error }) => error instanceof LockError)?.error;
  const lock = broken === undefined ? readLock(directory) : {};
  const failed = failures.find(({ name }) => name === word || lock[name]?.name === word)?.error ?? broken;
  if (failed === undefined) return;
  if (sealed || failed instanceof LockError || failed instanceof UntrustedError)
    throw new RefusedError(failed.message, hintOf(failed));
  throw failed;
}

function unknown(name: string, known: readonly string[]): UsageError {
  const meant = closest(name, known);
  return new UsageError(
    `there is no plugin ${name}`,
    meant === undefined ? `there are ${known.join(", ")}` : `did you mean ${meant}?`,
  );
}

function forPeople(
  description: Description,
  { colors: { bold, dim }, width }: Pick<Terminal, "colors" | "width">,
): string[] {
  const { plugin, version = "", about, source, sha256, hosts, tried, capabilities, options } = description;
  const facts = [
    ["from", source],
    ["sha256", sha256 ?? ""],
    ["hosts", hosts?.join(", ") ?? ""],
    ["tried with", tried?.join(", ") ?? ""],
    ["can", capabilities.join(", ")],
  ].filter(([, value]) => value !== "");
  const rows = options.flatMap((option) => [
    [bold(option.name), shownValue(option), dim(option.where ?? "")],
    ["", dim(`${option.about} (${typeText(option)})`), dim(option.environment.join(", "))],
  ]);
  return [
    ...wrapWords(`${bold(`${plugin} ${version}`.trim())}  ${about}`, width()),
    ...formatTable(
      [{}, {}],
      facts.map(([key = "", value = ""]) => [dim(key), value]),
      width(),
    ),
    "",
    ...formatTable([{}, {}, {}], rows, width()),
  ];
}

const typeText = ({ type, required, secret }: Description["options"][number]): string =>
  [type, ...(secret ? ["secret"] : []), ...(required ? ["required"] : [])].join(", ");

const shownValue = ({ value }: Description["options"][number]): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
