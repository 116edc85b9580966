/** The help, generated from the declarations. Not citty's own, which right-aligns and colours pipes. */

import { COMMON } from "../commands/arguments.ts";
import { type Command, type Group, isGroup } from "../commands/command.ts";
import { EXIT_MEANINGS } from "../commands/exit-code.ts";
import type { Param, Params } from "../tasks/task/param.ts";
import type { Colors } from "../terminal/styles.ts";
import { wrapWords } from "../terminal/wrap.ts";

/** Width when there is no terminal, and the maximum. */
const WIDTH_MAX = 100;
const LABEL_WIDTH_MAX = 30;

/** Of everything below a heading. */
const INDENT = 2;

interface Row {
  readonly label: string;
  readonly about: string;
}

/** What the help is printed on. */
interface Paper {
  readonly colors: Colors;
  /** Columns; `Infinity` when it is not a terminal. */
  readonly width: number;
}

/** The help of a command or group. @param path the words that name it, without the program's name */
export async function usageOf(
  entry: Command | Group,
  path: readonly string[],
  paper: Paper,
): Promise<string> {
  const { colors } = paper;
  const name = ["contextcore", ...path].join(" ");
  const command = isGroup(entry) ? await defaultOf(entry) : entry;
  const sections = [
    section("USAGE", [usageLine(name, entry, command)], colors),
    isGroup(entry) ? await commandSections(entry, paper) : "",
    command === undefined ? "" : optionSections(command, paper),
    command === undefined ? "" : section("EXAMPLES", exampleLines(command, paper), colors),
    path.length === 0 ? section("EXIT CODES", rows(EXIT_CODES, paper), colors) : "",
    isGroup(entry) ? `${name} COMMAND --help tells more about a command.` : "",
  ];
  const title = wrapWords(`${colors.bold(name)}: ${entry.about}`, paper.width).join("\n");
  return [title, ...sections.filter((text) => text !== "")].join("\n\n");
}

const EXIT_CODES: readonly Row[] = EXIT_MEANINGS.map(([code, about]) => ({ label: String(code), about }));

const section = (title: string, lines: readonly string[], { bold }: Colors): string =>
  lines.length === 0 ? "" : [bold(title), ...lines.map((line) => `${" ".repeat(INDENT)}${line}`)].join("\n");

async function defaultOf(group: Group): Promise<Command | undefined> {
  const entry = group.default === undefined ? undefined : await group.commands[group.default]?.();
  return entry === undefined || isGroup(entry) ? undefined : entry;
}

function usageLine(name: string, entry: Command | Group, command: Command | undefined): string {
  const words = Object.entries<Param>(command?.args ?? {}).flatMap(([key, arg]) => {
    if (arg.type !== "positional") return [];
    const word = `${arg.hint ?? key.toUpperCase()}${arg.repeatable ? " …" : ""}`;
    return [arg.required ? word : `[${word}]`];
  });
  const group = isGroup(entry) ? [command === undefined ? "COMMAND" : "[COMMAND]"] : [];
  return [name, ...group, "[OPTIONS]", ...words].join(" ");
}

async function commandSections(group: Group, paper: Paper): Promise<string> {
  const all = new Map((await summaries(group)).map((row) => [row.label, row]));
  const labelWidth = Math.max(...[...all.keys()].map((label) => label.length));
  const sections = group.sections ?? [{ title: "commands", commands: [...all.keys()] }];
  return sections
    .map(({ title, commands }) => {
      const own = commands.flatMap((name) => all.get(name) ?? []);
      return section(title.toUpperCase(), rows(own, paper, labelWidth), paper.colors);
    })
    .join("\n\n");
}

async function summaries(group: Group): Promise<Row[]> {
  const entries = Object.entries(group.commands).map(async ([label, load]) => ({
    label,
    about: (await load()).about,
  }));
  return Promise.all(entries);
}

function optionSections(command: Command, paper: Paper): string {
  const { colors } = paper;
  const own = Object.entries<Param>(command.args ?? {});
  const positionals = own.filter(([, arg]) => arg.type === "positional").map(toRow);
  const options = own.filter(([, arg]) => arg.type !== "positional").map(toRow);
  const common = Object.entries<Params[string]>(COMMON).map(toRow);
  const width = labelWidthOf([...options, ...common]);
  return [
    section("ARGUMENTS", rows(positionals, paper), colors),
    section("OPTIONS", rows(options, paper, width), colors),
    section("COMMON OPTIONS", rows(common, paper, width), colors),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** The name as typed: a flag that is on by default appears as `--no-NAME`. */
function toRow([name, arg]: [string, Param]): Row {
  if (arg.type === "positional") return { label: arg.hint ?? name.toUpperCase(), about: arg.about };
  const short = arg.alias === undefined ? "    " : `-${arg.alias}, `;
  if (arg.type === "flag") return { label: `${short}--${arg.on ? "no-" : ""}${name}`, about: arg.about };
  const value = arg.values?.join("|") ?? arg.hint ?? "VALUE";
  return { label: `${short}--${name} ${value}`, about: arg.about };
}

const labelWidthOf = (all: readonly Row[]): number =>
  Math.min(LABEL_WIDTH_MAX, Math.max(0, ...all.map(({ label }) => label.length)));

/** With less room than this beside the labels, descriptions stand below them. */
const ABOUT_LEAST = 24;

/** Indentation of a description that stands below its label. */
const BELOW = 6;

/** Labels in one column, wrapped descriptions in the next; on a narrow terminal, below. */
function rows(
  all: readonly Row[],
  { colors: { cyan }, width: columns }: Paper,
  width: number = labelWidthOf(all),
): string[] {
  const room = Math.min(WIDTH_MAX, columns) - INDENT;
  const isNarrow = room - width - 2 < ABOUT_LEAST;
  const indent = " ".repeat(isNarrow ? BELOW : width + 2);
  return all.flatMap(({ label, about }) => {
    const lines = wrapWords(about, room - indent.length, 0);
    const isApart = isNarrow || label.length > width;
    const first = isApart ? [cyan(label)] : [`${cyan(label.padEnd(width))}  ${lines.shift() ?? ""}`];
    return [...first, ...lines.map((line) => `${indent}${line}`)];
  });
}

/** Command lines are never wrapped. */
const exampleLines = (command: Command, { colors: { dim, cyan }, width }: Paper): string[] =>
  command.examples.flatMap(({ line, about }) => [
    ...wrapWords(about, width - 4, 0).map((text) => dim(`# ${text}`)),
    cyan(`contextcore ${line}`),
  ]);
