/**
 * What a piece of work can be told. It is data: the flags of the command line, help, completion and the manual page follow
 * from it, and so does what an API, a form or a schedule may say.
 */

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
  /**
   * Only the command line has it. What names a path, a URL, a command or a setting always says so: whoever calls over HTTP,
   * and whatever runs by a schedule, names configured things only. `"paths"`: paths are the command line's; elsewhere it is one
   * of what {@link Completion} offers.
   */
  readonly local?: true | "paths";
}

interface Named extends Described {
  /** One letter: `-t`. */
  readonly alias?: string;
}

/** `--json`: there or not. */
export interface FlagParam extends Named {
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
  /** May be given more than once; its value is a list. */
  readonly repeatable?: true;
  readonly default?: string;
  /** No face, event, log or trace shows it. */
  readonly secret?: true;
  /** Reads the text. @throws RangeError or UsageError, whose message is shown with the parameter's name. */
  readonly parse?: (text: string) => unknown;
}

/** `--limit 20`. */
export interface ValueParam extends Named, Valued {
  readonly type: "value";
}

/** A word without a dash, in the order of declaration. */
export interface PositionalParam extends Valued {
  readonly type: "positional";
}

export type Param = FlagParam | ValueParam | PositionalParam;
export type Params = Readonly<Record<string, Param>>;

type Read<P> = P extends { parse: (text: string) => infer Value }
  ? Value
  : P extends { values: readonly (infer Value)[] }
    ? Value
    : string;

/** The type of a parameter's value: read from its declaration. */
type ParamValue<P> = P extends { type: "flag" }
  ? boolean
  : P extends { repeatable: true }
    ? readonly Read<P>[]
    : P extends { required: true } | { default: string }
      ? Read<P>
      : Read<P> | undefined;

export type ParamValues<P extends Params> = { readonly [Name in keyof P]: ParamValue<P[Name]> };

/** Values for all parameters: what is not given is as the declaration says. */
export function valuesOf<P extends Params>(params: P, given: Partial<ParamValues<P>>): ParamValues<P> {
  const unsaid = Object.entries(params).map(([name, param]) => [name, unsaidValue(param)]);
  // The declaration is the type: `unsaidValue` follows the same cases as `ParamValue`.
  return { ...Object.fromEntries(unsaid), ...given } as ParamValues<P>;
}

function unsaidValue(param: Param): unknown {
  if (param.type === "flag") return param.on ?? false;
  if (param.repeatable) return [];
  const { default: text, parse } = param;
  return text === undefined || parse === undefined ? text : parse(text);
}
