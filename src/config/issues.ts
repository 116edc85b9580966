/** Turns valibot's issues into problems that name the key and the place. */
import type * as v from "valibot";
import { closest } from "./closest.ts";
import type { ConfigProblem } from "./errors.ts";
import { keysOf, schemaAt } from "./introspect.ts";
import type { Path } from "./source.ts";

interface Placing {
  /** The schema that was used. */
  readonly schema: v.GenericSchema;
  /** Where the value at the path was written. */
  readonly where: (path: Path) => string;
  /** The path of the checked value itself. */
  readonly prefix?: Path;
  /** True for values that must not be shown. */
  readonly isSecret?: (path: Path) => boolean;
}

/** The parts of a valibot issue that a sentence is made from. */
export type OptionIssue = Pick<v.BaseIssue<unknown>, "type" | "message" | "expected" | "received"> & {
  readonly path?: readonly { readonly key: unknown }[] | undefined;
};

/** The problem, with the key as written in the file and its place. It never contains a secret's value. */
export function toProblem(issue: OptionIssue, placing: Placing): ConfigProblem {
  const inner = (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  const path = [...(placing.prefix ?? []), ...inner];
  const base = { where: placing.where(path), key: path.join(".") };
  if (issue.type === "strict_object" && issue.expected === "never") {
    const parent = schemaAt(placing.schema, inner.slice(0, -1));
    return { ...base, ...unknownKey(String(inner.at(-1)), parent === undefined ? [] : keysOf(parent)) };
  }
  return { ...base, what: whatIsWrong(issue, placing.isSecret?.(inner) ?? false) };
}

/** `unknown key`, with the probable intention or the known keys. */
export function unknownKey(key: string, known: readonly string[]): Pick<ConfigProblem, "what" | "hint"> {
  const meant = closest(key, known);
  return {
    what: "unknown key",
    hint: meant === undefined ? `known: ${known.join(", ")}` : `did you mean ${meant}?`,
  };
}

function whatIsWrong(issue: OptionIssue, isSecret: boolean): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  if (issue.received === "undefined") return "is missing";
  const expected = (issue.expected ?? "another value")
    .replace(/^Array$/, "a list")
    .replace(/^Object$/, "keys and values")
    .replace(/^(string|number|boolean)$/, "a $1");
  return isSecret ? `expected ${expected}` : `expected ${expected}, found ${issue.received}`;
}
