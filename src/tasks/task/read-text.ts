/** One parameter's value, from its text. */
import { closest } from "../../config/closest.ts";
import { UsageError } from "./errors.ts";
import type { FlagParam, Param } from "./param.ts";

/**
 * The value that a text means.
 * @param shown what the parameter is called in messages @param now as of {@link Param} @throws UsageError
 */
export function readText(
  shown: string,
  param: Exclude<Param, FlagParam>,
  text: string,
  now: number,
): unknown {
  if (param.values !== undefined && !param.values.includes(text)) {
    const meant = closest(text, param.values);
    const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
    throw new UsageError(`${shown} is one of ${param.values.join(", ")}, not ${JSON.stringify(text)}`, hint);
  }
  if (text === "-" && param.complete === "directories")
    throw new UsageError(
      `${shown} -: a directory cannot go to stdout or come from stdin`,
      "name a directory; one that is called - is ./-",
    );
  if (param.parse === undefined) return text;
  try {
    return param.parse(text, now);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof UsageError)) throw error;
    throw new UsageError(`${shown}: ${error.message}`, error instanceof UsageError ? error.hint : undefined);
  }
}
