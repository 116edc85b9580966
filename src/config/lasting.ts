import * as v from "valibot";
import { duration } from "../contract/options.ts";
import { parseDuration } from "../units/duration.ts";

/** A duration, or a bare number of units as in earlier versions; read as units, at least one. */
export const lasting = (about: string, fallback: number, unit: string) => {
  const [one, bare] = [parseDuration(unit), v.pipe(v.number(), v.integer(), v.minValue(1))];
  const text = v.pipe(
    v.unwrap(duration(about, unit, { min: unit })),
    v.transform((written) => Number(parseDuration(written)) / Number(one)),
  );
  const either = v.lazy(
    (given): v.GenericSchema<unknown, number> => (typeof given === "string" ? text : bare),
  );
  return v.optional(v.pipe(either, v.description(about), v.metadata({ lasts: unit })), fallback);
};
