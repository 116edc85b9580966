/** The manual page, from the commands' own declarations. */

import { CORE_SETTINGS } from "../../config/environment.ts";
import { describeOption } from "../../config/option-type.ts";
import { OWN_VARIABLES, SYSTEM_VARIABLES, type Variable } from "../../config/variables.ts";
import type { Param, Params } from "../../tasks/task/param.ts";
import { COMMON, flagName } from "../arguments.ts";
import { type Command, type Example, type Group, isGroup } from "../command.ts";
import { EXIT_MEANINGS } from "../exit-code.ts";
import { FILES, FIRST_DAY } from "./manual-lists.ts";

/** The page in roff, section 1. It has no date, so every build of a release prints the same page. */
export async function toManual(root: Group, version: string): Promise<string> {
  const commands = await commandsOf(root);
  return [
    `.TH CONTEXTCORE 1 "" "contextcore ${version}" "User Commands"`,
    ".SH NAME",
    `contextcore \\- ${text(root.about)}`,
    ".SH SYNOPSIS",
    ".B contextcore\n.I COMMAND\n[\\fIOPTIONS\\fR]",
    ".SH COMMANDS",
    ...commands.map(({ path, command }) => section(path, command)),
    ".SH COMMON OPTIONS",
    ...options(COMMON),
    ".SH EXIT STATUS",
    ...EXIT_MEANINGS.map(
      ([code, about, advice]) =>
        `.TP\n.B ${code}\n${text(about)}${advice === "" ? "" : `\n.br\n${text(advice.replaceAll("`", ""))}`}`,
    ),
    ".SH ENVIRONMENT",
    ...environment(),
    ".SH FILES",
    ...FILES.map(({ path, about }) => `.TP\n.I ${text(path)}\n${text(about)}`),
    ".SH EXAMPLES",
    ...FIRST_DAY.map(shown),
    "",
  ].join("\n");
}

/** The settings, which stand in the file, too; then what only the environment has. */
function environment(): string[] {
  const settings = CORE_SETTINGS.map(({ path, schema, variable, alias }) => {
    const key = path.join(".");
    const also = alias === undefined ? "" : `, also read as ${alias}`;
    return { name: variable, about: `${describeOption(key, schema).about} (the setting ${key}${also})` };
  });
  return [
    "A flag wins over the environment, the environment over the file. The options of a backend or a sink are",
    text("CONTEXTCORE_NAME_OPTION, such as CONTEXTCORE_LOKI_URL; contextcore plugin info NAME lists them."),
    ...[...settings, ...OWN_VARIABLES, ...SYSTEM_VARIABLES].map(variable),
  ];
}

const variable = ({ name, about, fallback }: Variable): string =>
  `.TP\n.B ${name}\n${text(about.replaceAll("`", ""))}${fallback === undefined ? "" : ` (default: ${text(fallback)})`}`;

/** A command and the words that name it: `snapshots list`. */
export interface Listed {
  readonly path: string;
  readonly command: Command;
}

/** Every command of a group, and of the groups in it; aliases too. */
export async function commandsOf(group: Group, path: readonly string[] = []): Promise<Listed[]> {
  const below = Object.entries(group.commands).map(async ([name, load]) => {
    const entry = await load();
    const deeper = [...path, name];
    return isGroup(entry) ? commandsOf(entry, deeper) : [{ path: deeper.join(" "), command: entry }];
  });
  return (await Promise.all(below)).flat();
}

function section(path: string, { about, args = {}, examples }: Command): string {
  const words = Object.entries<Param>(args).flatMap(([name, arg]) =>
    arg.type === "positional" ? [` \\fI${text(arg.hint ?? name.toUpperCase())}\\fR`] : [],
  );
  return [
    `.SS contextcore ${path}${words.join("")}`,
    text(about),
    ...options(args),
    ...examples.map(shown),
  ].join("\n");
}

const shown = ({ about, line }: Example): string =>
  `.PP\n${text(about)}:\n.EX\n  contextcore ${text(line)}\n.EE`;

function options(args: Params): string[] {
  return Object.entries<Param>(args).map(([name, arg]) => {
    if (arg.type === "positional")
      return `.TP\n.I ${text(arg.hint ?? name.toUpperCase())}\n${text(arg.about)}`;
    const short = arg.alias === undefined ? "" : `\\fB\\-${arg.alias}\\fR, `;
    const value = arg.type === "value" ? ` \\fI${text(arg.hint ?? "VALUE")}\\fR` : "";
    return `.TP\n${short}\\fB\\-\\-${text(flagName(name, arg))}\\fR${value}\n${text(arg.about)}`;
  });
}

/** roff treats a backslash, a dash, and a dot or quote at the start of a line as commands. */
const text = (plain: string): string =>
  plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
