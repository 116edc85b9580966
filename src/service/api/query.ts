/** Parts of queries that several routes have, and what they are on the command line. */
import * as v from "valibot";
import { messageOf } from "../../units/message-of.ts";
import { readMoment } from "../../units/moment.ts";
import { toRfc3339 } from "../../units/range.ts";

/** A whole number above zero. */
export const limit = (most: number, usual: number) =>
  v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,8}$/, "not a number above zero"),
      v.transform(Number),
      v.maxValue(most, `more than ${most}`),
      v.description(`at most this many; default ${usual}, at most ${most}`),
    ),
    String(usual),
  );

/** The number of an event in the trail. */
export const eventNumber = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,14}$/, "not the number of an event"),
    v.transform(Number),
    v.description(about),
  );

/** A time, as the command line takes it; as RFC 3339. */
export const moment = (about: string) =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return toRfc3339(readMoment(dataset.value, Date.now()));
      } catch (error) {
        addIssue({ message: messageOf(error) });
        return NEVER;
      }
    }),
    v.description(about),
  );

/** `--target-type=snapshot`: no value is ever taken for a flag. */
export const words = (given: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name.replaceAll("_", "-")}=${value}`],
  );
