/**
 * The JSON that commands print, as declarations: a name, a version and a schema each. The program's faces print the same shapes,
 * and the reference page is made from them.
 */
import type * as v from "valibot";

/** A shape that is printed, and what its readers may rely on: a member is taken away or renamed only with a new version. */
export interface Result<Schema extends v.GenericSchema = v.GenericSchema> {
  /** The command's words: `snapshots.list`. */
  readonly name: string;
  readonly version: number;
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  /** Of the members besides `schema`. */
  readonly schema: Schema;
  /** One value a line, each as it stands in the trail: without `schema`. */
  readonly isVerbatim?: true;
}

/** Declares a result: returns it unchanged, with its type. */
export const defineResult = <Schema extends v.GenericSchema>(result: Result<Schema>): Result<Schema> =>
  result;

/** What is handed over to be printed as this result. */
export type ValueOf<Declared> =
  Declared extends Result<infer Schema> ? Immutable<v.InferOutput<Schema>> : never;

type Immutable<Value> = Value extends object
  ? { readonly [Member in keyof Value]: Immutable<Value[Member]> }
  : Value;

/** The value as it is printed: with the name and the version of its shape in front. */
export const inFull = ({ name, version, isVerbatim }: Result, value: object): object =>
  isVerbatim ? value : { schema: { name, version }, ...value };
