/** `subjects` of `contextcore.yaml`: where persons show up in the data of each backend. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { given } from "../units/given.ts";

/** Where persons show up in one backend. */
export interface PersonPlace {
  /** In the language of its plugin, with `{id}` for the identifier; absent: its server is not asked. */
  readonly where?: string;
  /**
   * Members of a record of a snapshot that are the identifier, each by the end of its path, as `attributes.user.id`. Absent: it may
   * stand in any text of a record, as a whole word.
   */
  readonly fields?: readonly string[];
  /** Why this data has to be kept although the person wants it to be erased. */
  readonly keep?: string;
}

/** The log of runs of the project itself, which need not be a backend. */
export const OWN_RUNS = "activity";

const text = (empty: string) => v.pipe(v.string(), v.regex(/\S/, empty));

const place = v.union(
  [
    text("empty: say where, with {id} for the identifier"),
    v.strictObject({
      where: v.optional(text("empty: say where, with {id} for the identifier")),
      fields: v.nullish(
        v.pipe(v.array(text("empty: name a field")), v.minLength(1, "empty: name a field, or leave it out")),
      ),
      keep: v.optional(text("empty: say why it has to be kept")),
    }),
  ],
  "not a place: a text with {id}, or where, fields and keep",
);

const places = v.union(
  [place, v.pipe(v.array(place), v.minLength(1, "empty: name a place"))],
  "not a place: a text with {id}, or where, fields and keep; or a list of such",
);

/** By the names of backends. */
export const subjectsSchema = v.nullish(
  v.pipe(
    objectOf(places),
    v.description(
      "where persons show up, by backend: a text in the language of its plugin with {id} for the identifier; or where, fields and keep; or a list of such",
    ),
  ),
  {},
);

type Written = v.InferOutput<typeof place>;

/** The same, each as a list. */
export const subjectsIn = (
  written: v.InferOutput<typeof subjectsSchema>,
): Record<string, readonly PersonPlace[]> =>
  Object.fromEntries(
    Object.entries(written ?? {}).map(([name, one]) => [
      name,
      (Array.isArray(one) ? one : [one]).map(placeOf),
    ]),
  );

const placeOf = (written: Written): PersonPlace =>
  typeof written === "string"
    ? { where: written }
    : given({ where: written.where, fields: written.fields ?? undefined, keep: written.keep });
