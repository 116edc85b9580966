/** `drill` of `contextcore.yaml`: where drills restore each backend to. The options are checked by the backend's plugin. */
import * as v from "valibot";
import { objectOf, openObject } from "../contract/any-names.ts";
import { given } from "../units/given.ts";

const target = openObject({
  before: v.nullish(
    v.pipe(
      v.array(v.string()),
      v.minLength(1, "empty: name the program and its arguments"),
      v.description("a command that makes the target anew, run without a shell before each drill"),
    ),
  ),
});

/** Targets, each under the name of its backend. */
export const drillSchema = v.nullish(
  v.pipe(
    objectOf(v.nullish(target, {})),
    v.description(
      "servers that drills restore to, each under the name of its backend: the options of its plugin, and `before`",
    ),
  ),
  {},
);

/** Where the drills of one backend restore to, as written. */
export interface DrillTarget {
  readonly options: Readonly<Record<string, unknown>>;
  /** Makes the target anew; with variables by name. */
  readonly before?: readonly string[];
}

/** The targets by the names of their backends. */
export const drillTargetsIn = (written: v.InferOutput<typeof drillSchema>): Record<string, DrillTarget> =>
  Object.fromEntries(
    Object.entries(written ?? {}).map(([name, settings]) => {
      const { before, ...options } = settings ?? {};
      return [name, { options, ...given({ before: before ?? undefined }) }];
    }),
  );
