/**
 * The parameters of a task, as data. Command-line flags, help, completion and the manual page follow from them, and so does
 * what an API, a form or a schedule accepts.
 */

/** What a shell can suggest for a value. */
export type Completion =
  | "plugins"
  | "backends"
  | "third-parties"
  | "rules"
  | "snapshots"
  | "places"
  | "snapshots-or-places"
  | "drills"
  | "operations"
  | "events"
  | "files"
  | "directories";

interface Described {
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  /**
   * Only for the command line. Every parameter that names a path, a URL, a command or a setting is marked, because HTTP callers
   * and schedules may name only configured things. `"paths"`: only the command line accepts paths; elsewhere the value must be
   * one of those that {@link Completion} offers.
   */
  readonly local?: true | "paths";
}

interface Named extends Described {
  /** One letter: `-t`. */
  readonly alias?: string;
}

/** `--json`: present or absent. */
export interface FlagParam extends Named {
  readonly type: "flag";
  /** It is on by default, and `--no-NAME` turns it off; `about` then describes `--no-NAME`. */
  readonly on?: true;
}

interface Valued extends Described {
  /** Placeholder for the value in the help: `DURATION`. */
  readonly hint?: string;
  /** The only values allowed. */
  readonly values?: readonly string[];
  readonly complete?: Completion;
  readonly required?: true;
  /** May be given more than once; the value is then a list. */
  readonly repeatable?: true;
  readonly default?: string;
  /** Never shown by any face, event, log or trace. */
  readonly secret?: true;
  /**
   * Parses the text. @param now ms since the epoch, the same for all parameters of a call
   * @throws RangeError or UsageError, whose message is shown with the parameter's name
   */
  readonly parse?: (text: string, now: number) => unknown;
}

/** `--limit 20`. */
interface ValueParam extends Named, Valued {
  readonly type: "value";
}

/** A word without a dash, in the order of declaration. */
interface PositionalParam extends Valued {
  readonly type: "positional";
}

/** One parameter of a task. */
export type Param = FlagParam | ValueParam | PositionalParam;
/** The parameters of a task, by name. */
export type Params = Readonly<Record<string, Param>>;

type Read<P> = P extends { parse: (text: string, now: number) => infer Value }
  ? Value
  : P extends { values: readonly (infer Value)[] }
    ? Value
    : string;

/** The type of a parameter's value, derived from its declaration. */
type ParamValue<P> = P extends { type: "flag" }
  ? boolean
  : P extends { repeatable: true }
    ? readonly Read<P>[]
    : P extends { required: true } | { default: string }
      ? Read<P>
      : Read<P> | undefined;

/** Their values, with defaults filled in. */
export type ParamValues<P extends Params> = { readonly [Name in keyof P]: ParamValue<P[Name]> };

/** Values for all parameters, with declared defaults for those not given. */
export function valuesOf<P extends Params>(params: P, given: Partial<ParamValues<P>>): ParamValues<P> {
  const now = Date.now();
  const unsaid = Object.entries(params).map(([name, param]) => [name, unsaidValue(param, now)]);
  // The declaration determines the type: `unsaidValue` covers the same cases as `ParamValue`.
  return { ...Object.fromEntries(unsaid), ...given } as ParamValues<P>;
}

function unsaidValue(param: Param, now: number): unknown {
  if (param.type === "flag") return param.on ?? false;
  if (param.repeatable) return [];
  const { default: text, parse } = param;
  return text === undefined || parse === undefined ? text : parse(text, now);
}
