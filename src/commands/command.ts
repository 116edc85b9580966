/**
 * What a command says of itself. It is data: parsing, help, completions, the manual page and the documentation follow
 * from it, so nothing about a command's arguments is written twice.
 */
import type * as v from "valibot";
import type { Terminal } from "../terminal/terminal.ts";
import type { ExitCode } from "./exit-code.ts";

/** What a shell can offer where a value is typed. */
export type Completion =
  | "plugins"
  | "backends"
  | "third-parties"
  | "rules"
  | "snapshots"
  | "operations"
  | "files"
  | "directories";

interface Described {
  /** One phrase, lower case, no full stop. */
  readonly about: string;
}

interface Named extends Described {
  /** One letter: `-t`. */
  readonly alias?: string;
}

/** `--json`: there or not. */
export interface FlagArg extends Named {
  readonly type: "flag";
  /** It is on, and `--no-NAME` turns it off. Then `about` says what `--no-NAME` does. */
  readonly on?: true;
}

interface Valued extends Described {
  /** What stands for the value in the help: `DURATION`. */
  readonly hint?: string;
  /** The only values there are. */
  readonly values?: readonly string[];
  readonly complete?: Completion;
  readonly required?: true;
  /** May be given more than once; the command gets a list. */
  readonly repeatable?: true;
  readonly default?: string;
  /** Reads the text. @throws RangeError or UsageError, whose message is shown with the argument's name. */
  readonly parse?: (text: string) => unknown;
}

/** `--limit 20`. */
export interface ValueArg extends Named, Valued {
  readonly type: "value";
}

/** A word without a dash, in the order of declaration. */
export interface PositionalArg extends Valued {
  readonly type: "positional";
}

export type Arg = FlagArg | ValueArg | PositionalArg;
export type Args = Readonly<Record<string, Arg>>;

type Read<A> = A extends { parse: (text: string) => infer Value }
  ? Value
  : A extends { values: readonly (infer Value)[] }
    ? Value
    : string;

/** The type of an argument's value: read from its declaration. */
type ArgValue<A> = A extends { type: "flag" }
  ? boolean
  : A extends { repeatable: true }
    ? readonly Read<A>[]
    : A extends { required: true } | { default: string }
      ? Read<A>
      : Read<A> | undefined;

export type ArgValues<A extends Args> = { readonly [Name in keyof A]: ArgValue<A[Name]> };

/** One run of a command: what it is given; it reaches for nothing else. */
export interface Call<A extends Args = Args> {
  readonly args: ArgValues<A>;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly directory: string;
  /** From `--config`. */
  readonly configFile: string | undefined;
  /** From `--set`, by dotted key. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly debug: boolean;
  /** Aborted by the first SIGINT or SIGTERM; the second one ends the program. */
  readonly signal: AbortSignal;
}

export interface Example {
  /** Without `contextcore` in front. */
  readonly line: string;
  readonly about: string;
}

export interface Command<A extends Args = Args> extends Described {
  readonly args?: A;
  /** Two or three. */
  readonly examples: readonly Example[];
  /** Sets of arguments of which only one may be given. */
  readonly exclusive?: readonly (readonly string[])[];
  /** The shape of what `--json` prints; the command declares the flag `json` itself. */
  readonly json?: v.GenericSchema;
  /** @returns the exit code; errors are shown and mapped by the caller. */
  run(call: Call<A>): Promise<ExitCode>;
}

/** Commands under one name: `contextcore audit verify`. */
export interface Group extends Described {
  /** Loaded only when named, so that the program starts fast. */
  readonly commands: Readonly<Record<string, () => Promise<Command | Group>>>;
  /** The command of this group that runs when none is named. */
  readonly default?: string;
}

/** Declares a command; gives the types of its arguments, changes nothing. */
export const defineCommand = <const A extends Args>(command: Command<A>): Command<A> => command;

/** Whether it has commands below it instead of doing something itself. */
export const isGroup = (entry: Command | Group): entry is Group => "commands" in entry;

/** The arguments do not fit. Nothing has run. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
