/**
 * Parameters as an API or a schedule gives them: a JSON object whose members are named as the parameters are. They name configured
 * things only, never a path, a URL, a command or a setting.
 */
import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import { UsageError } from "./errors.ts";
import { type FlagParam, type Param, type Params, type ParamValues, valuesOf } from "./param.ts";
import { readText } from "./read-text.ts";
import type { Task } from "./task.ts";

/** What a task declares of its parameters. */
type Declared<P extends Params = Params> = Pick<Task<P>, "kind" | "params" | "exclusive">;

/** A value is a name, a time, a selector; more is a mistake. Characters */
const TEXT_MAX = 4_096;
const LIST_MAX = 1_000;

/**
 * Checks and reads them all, with defaults filled in.
 * @param given JSON from outside; absent: none @param known of which names may be given, and the time now, ms since the epoch
 * @throws UsageError for the first mistake
 */
export function readParams<P extends Params>(
  task: Declared<P>,
  given: unknown,
  { stores, now = Date.now() }: Pick<Config, "stores"> & { readonly now?: number },
): ParamValues<P> {
  const members = Object.entries(objectOf(given ?? {}));
  const known = { stores, now };
  const read = members.map(([name, value]) => [name, readOne(task, name, value, known)] as const);
  const said = new Set(members.flatMap(([name, value]) => (isSaid(task.params[name], value) ? name : [])));
  for (const [name, param] of Object.entries(task.params)) requireGiven(name, param, said);
  for (const set of task.exclusive ?? []) {
    const [first, second] = set.filter((name) => said.has(name));
    if (second !== undefined)
      throw new UsageError(`${first} and ${second} contradict each other`, "give one of them");
  }
  // The declaration determines the type: `readOne` covers the same cases as `ParamValues`.
  return valuesOf(task.params, Object.fromEntries(read) as Partial<ParamValues<P>>);
}

/** Parameters without those that are secret: what may be kept and shown. */
export const shownParams = ({ params }: Declared, given: unknown): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(objectOf(given ?? {})).filter(([name]) => {
      const param = Object.hasOwn(params, name) ? params[name] : undefined;
      return param !== undefined && (param.type === "flag" || param.secret !== true);
    }),
  );

/** Whether an API or a schedule may give it. */
export const isRemote = ({ local }: Param): boolean => local !== true;

function objectOf(value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new UsageError("parameters are an object: a member for each");
}

/** What a value is read with. */
interface Known extends Pick<Config, "stores"> {
  readonly now: number;
}

function readOne(task: Declared, name: string, value: unknown, known: Known): unknown {
  const param = Object.hasOwn(task.params, name) ? task.params[name] : undefined;
  if (param === undefined) throw unknownParam(task, name);
  if (!isRemote(param))
    throw new UsageError(
      `${name} can be given on the command line only`,
      "over the API and in schedules, parameters name what is configured",
    );
  return param.type === "flag" ? flagOf(name, value) : readValued(name, param, value, known);
}

function unknownParam({ kind, params }: Declared, name: string): UsageError {
  const names = Object.keys(params).filter((one) => params[one] !== undefined && isRemote(params[one]));
  const shown = JSON.stringify(name.slice(0, TEXT_MAX));
  const meant = closest(name.slice(0, TEXT_MAX), names);
  return new UsageError(
    `${kind} has no parameter ${shown}`,
    meant === undefined ? `it has ${names.join(", ") || "none"}` : `did you mean ${meant}?`,
  );
}

function flagOf(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new UsageError(`${name} is true or false`);
}

type Valued = Exclude<Param, FlagParam>;

function readValued(name: string, param: Valued, value: unknown, known: Known): unknown {
  const read = (one: unknown): unknown => {
    const text = textOf(name, one);
    if (param.local === "paths") requireConfigured(name, param, text, known);
    return readText(name, param, text, known.now);
  };
  if (!param.repeatable) return read(value);
  const all = Array.isArray(value) ? value : [value];
  if (all.length > LIST_MAX) throw new UsageError(`${name} has more than ${LIST_MAX} values`);
  return all.map(read);
}

function textOf(name: string, value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text === "") throw new UsageError(`${name} is a text`);
  if (text.length > TEXT_MAX) throw new UsageError(`${name} is longer than ${TEXT_MAX} characters`);
  return text;
}

/** `latest`, a name or its beginning. */
const SNAPSHOT = /^(latest|\d{4,8}(-\d*)*)$/;

/** @throws UsageError unless it is the name of a place of the configuration, or of a snapshot in one or here */
function requireConfigured(
  name: string,
  { complete }: Valued,
  text: string,
  { stores }: Pick<Config, "stores">,
): void {
  const isPlace = (one: string): boolean => Object.hasOwn(stores, one);
  if (complete === "places" ? isPlace(text) : isPlace(text) || isSnapshot(text, isPlace)) return;
  const what =
    complete === "places" ? "a place of the configuration" : "a snapshot's name, `latest`, or PLACE:NAME";
  const meant = closest(text, Object.keys(stores));
  throw new UsageError(`${name} is ${what}, not ${JSON.stringify(text)}`, meant && `did you mean ${meant}?`);
}

function isSnapshot(text: string, isPlace: (name: string) => boolean): boolean {
  const cut = text.indexOf(":");
  return SNAPSHOT.test(text.slice(cut + 1)) && (cut < 0 || isPlace(text.slice(0, cut)));
}

/** A flag that says what is so anyway contradicts nothing. */
const isSaid = (param: Param | undefined, value: unknown): boolean =>
  param?.type === "flag" ? value !== (param.on ?? false) : !Array.isArray(value) || value.length > 0;

function requireGiven(name: string, param: Param, said: ReadonlySet<string>): void {
  if (param.type !== "flag" && param.required && !said.has(name)) throw new UsageError(`${name} is missing`);
}
