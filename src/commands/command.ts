/**
 * The declaration of a command. It is data: parsing, help, completion, the manual page and the documentation follow from it, so
 * a command's arguments are described only once.
 */
import type { Result } from "../results/result.ts";
import type { Param, Params, ParamValues } from "../tasks/task/param.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { ExitCode } from "./exit-code.ts";

/** The context of one command run. A command uses nothing else from outside. */
export interface Call<A extends Params = Params> {
  readonly args: ParamValues<A>;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly directory: string;
  /** From `--config`. */
  readonly configFile: string | undefined;
  /** From `--set`, by dotted key. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly debug: boolean;
  /** Every request is to be shown. */
  readonly verbose: boolean;
  /** The result is wanted as JSON. */
  readonly json: boolean;
  /** Every command there is. */
  readonly root: Group;
  /** Aborted by the first SIGINT or SIGTERM; the second one ends the program. */
  readonly signal: AbortSignal;
}

/** A call for the help and the manual page, and what it is good for. */
export interface Example {
  /** Without the leading `contextcore`. */
  readonly line: string;
  readonly about: string;
}

/** A command without the words that call it: those are where it is listed. */
export interface Command<A extends Params = Params> {
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  readonly args?: A;
  /** Two or three. */
  readonly examples: readonly Example[];
  /** Sets of arguments of which only one may be given. */
  readonly exclusive?: readonly (readonly string[])[] | undefined;
  /** What `--json` prints, one of these; the flag follows from it. */
  readonly json?: readonly Result[];
  /** What else `--json` means, for the help: `print one JSON object; …`. */
  readonly jsonNote?: string;
  /** Whether what it prints with these arguments may be long, is soon whole, and is shown in a pager then. */
  paged?(args: ParamValues<A>): boolean;
  /** @returns the exit code; the caller shows errors and maps them to exit codes */
  run(call: Call<A>): Promise<ExitCode>;
}

/** Commands that belong together, for the help. */
interface Section {
  readonly title: string;
  readonly commands: readonly string[];
}

/** Commands under one name: `contextcore audit verify`. */
export interface Group {
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  /** Loaded only when named, so that the program starts fast. */
  readonly commands: Readonly<Record<string, () => Promise<Command | Group>>>;
  /** The command of this group that runs when none is named. */
  readonly default?: string;
  /** The headings below which the help lists the commands, with their names; default: one for all. */
  readonly sections?: readonly Section[];
}

/** Declares a command: returns it with the flag `--json` if it has results. */
export const defineCommand = <const A extends Params>(command: Command<A>): Command =>
  command.json === undefined ? command : { ...command, args: { ...command.args, json: jsonFlag(command) } };

function jsonFlag({ json = [], jsonNote }: Pick<Command, "json" | "jsonNote">): Param {
  const form = json.some(({ isVerbatim }) => isVerbatim) ? "one JSON object per line" : "one JSON object";
  return { type: "flag", about: `print ${form}${jsonNote === undefined ? "" : `; ${jsonNote}`}` };
}

/** Whether it is a group of commands. */
export const isGroup = (entry: Command | Group): entry is Group => "commands" in entry;
