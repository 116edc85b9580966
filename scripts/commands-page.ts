/** Makes `docs/commands.md` from the declarations of the commands. A test compares the two. */
import { resolve } from "node:path";
import { COMMON, flagName } from "../src/commands/arguments.ts";
import { type Command, type Example, type Group, isGroup } from "../src/commands/command.ts";
import { commandsOf, type Listed } from "../src/commands/man/manual.ts";
import { ROOT } from "../src/dispatch/commands.ts";
import type { Param, Params } from "../src/tasks/task/param.ts";

const HEAD = `# The commands

Every command with its arguments, options and examples, as \`contextcore COMMAND --help\` and \`man contextcore\` have them. This page is
made from the declarations of the commands. What each ends with stands in [Exit codes](exit-codes.md), what \`--json\` prints in
[What \`--json\` prints](json.md), and what can be set in [Settings and environment](environment.md).
`;

/** The page: a list of all commands, a section for each, and the options that all of them have. */
export async function commandsPage(): Promise<string> {
  const listed = await commandsOf(ROOT);
  const first = new Map<Command, string>();
  for (const { path, command } of listed) if (!first.has(command)) first.set(command, path);
  const list = listed.map(({ path, command }) => `- [\`${path}\`](#${anchorOf(path)}): ${command.about}`);
  const groups = await defaultsOf(ROOT);
  const sections = listed.map((one) =>
    section(one, first.get(one.command) ?? one.path, groups.get(one.path)),
  );
  const common = ["## Options of every command", "", ...table(COMMON, "option"), ""].join("\n");
  return [HEAD, ...list, "", ...sections, common].join("\n");
}

const anchorOf = (path: string): string => path.replaceAll(" ", "-");

/** The groups that a command stands for when none of theirs is named: `audit` for `audit list`. */
async function defaultsOf(group: Group, path: readonly string[] = []): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (group.default !== undefined) found.set([...path, group.default].join(" "), path.join(" "));
  for (const [name, load] of Object.entries(group.commands)) {
    const entry = await load();
    if (isGroup(entry)) for (const pair of await defaultsOf(entry, [...path, name])) found.set(...pair);
  }
  return found;
}

/** @param original the first path of the same command: of an alias no more is said */
function section({ path, command }: Listed, original: string, group: string | undefined): string {
  const about =
    path === original ? body(command) : [`The same as [\`${original}\`](#${anchorOf(original)}).`, ""];
  const alone = group === undefined ? [] : [`Also \`contextcore ${group}\` alone.`, ""];
  return [`## ${path}`, "", ...alone, ...about].join("\n");
}

function body({ about, args = {}, json = [], examples }: Command): string[] {
  const entries = Object.entries<Param>(args);
  const positional = Object.fromEntries(entries.filter(([, arg]) => arg.type === "positional"));
  const options = Object.fromEntries(entries.filter(([, arg]) => arg.type !== "positional"));
  const results = json.map(({ name }) => `[\`${name}\`](json.md#${name.replaceAll(".", "")})`);
  return [
    `${sentence(about)}${results.length === 0 ? "" : ` \`--json\` prints ${results.join(" or ")}.`}`,
    "",
    ...table(positional, "argument"),
    ...table(options, "option"),
    "```text",
    ...examples.flatMap(exampleLines),
    "```",
    "",
  ];
}

/** As `about` is one phrase without a full stop, and may have a second one behind a semicolon. */
const sentence = (about: string): string => `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;

const exampleLines = ({ line, about }: Example): string[] => [`# ${about}`, `contextcore ${line}`];

function table(params: Params, title: string): string[] {
  const rows = Object.entries<Param>(params).map(([name, arg]) => `| ${label(name, arg)} | ${what(arg)} |`);
  return rows.length === 0 ? [] : [`| ${title} | what it says |`, "|---|---|", ...rows, ""];
}

/** `-t, --duration DURATION`, as it is typed. */
function label(name: string, arg: Param): string {
  if (arg.type === "positional")
    return `\`${arg.hint ?? name.toUpperCase()}\`${arg.required ? ", required" : ""}`;
  const short = arg.alias === undefined ? "" : `-${arg.alias}, `;
  const value = arg.type === "value" ? ` ${arg.values?.join("\\|") ?? arg.hint ?? "VALUE"}` : "";
  return `\`${short}--${flagName(name, arg)}${value}\``;
}

function what(arg: Param): string {
  const about = arg.about.replaceAll("|", "\\|");
  const unsaid = arg.type !== "flag" && arg.repeatable && !about.includes("may be repeated");
  return unsaid ? `${about}; may be repeated` : about;
}

if (import.meta.main) await Bun.write(resolve(import.meta.dir, "../docs/commands.md"), await commandsPage());
