import { OUTCOMES, VIAS } from "../audit/format/event.ts";
import { OPERATIONS } from "../audit/format/operations.ts";
import { TARGET_TYPES } from "../audit/format/target-types.ts";
import type { Filter } from "../audit/read/query.ts";
import { closest } from "../config/closest.ts";
import { given } from "../units/given.ts";
import { readMoment } from "../units/moment.ts";
import { toMs } from "../units/range.ts";
import { UsageError } from "./task/errors.ts";
import type { ParamValues } from "./task/param.ts";

const time = (about: string) => ({ type: "value", hint: "TIME", parse: readTime, about }) as const;

/** The filters that every reading of the trail accepts. */
export const FILTERS = {
  from: time("only events at or after this: a date, an RFC 3339 time, today, or 24h for that long ago"),
  to: time("only events before this"),
  before: {
    type: "value",
    hint: "NUMBER",
    parse: readNumber,
    about: "only events before the one of this number, as `audit list --long` shows it",
  },
  operation: {
    type: "value",
    hint: "NAME",
    complete: "operations",
    parse: readOperation,
    about: "only this operation, such as destroy",
  },
  outcome: { type: "value", hint: "NAME", values: OUTCOMES, about: "only events with this outcome" },
  user: { type: "value", hint: "NAME", about: "only what this user did" },
  via: { type: "value", hint: "WAY", values: VIAS, about: "only what was started this way" },
  host: { type: "value", hint: "NAME", about: "only what was done from this host" },
  target: { type: "value", hint: "TEXT", about: "only events that affected data whose name contains this" },
  affected: { type: "value", hint: "TEXT", about: "the same as --target" },
  "target-type": {
    type: "value",
    values: TARGET_TYPES,
    about: "only events that affected data of this kind",
  },
  grep: { type: "value", hint: "TEXT", about: "only events that contain this text anywhere" },
} as const;

/** @throws UsageError when --from is not before --to */
export function filterOf(args: Partial<ParamValues<typeof FILTERS>>): Filter {
  const { from, to, before, operation, outcome, user, via, host, target, affected = target, grep } = args;
  const targetType = args["target-type"];
  if (from !== undefined && to !== undefined && from >= to) throw new UsageError("--from is not before --to");
  return given({ from, to, before, operation, outcome, user, via, host, targetType, affected, grep });
}

/**
 * Accepts any name, because a trail may hold operations of other programs. Only a name that closely resembles one of ours
 * counts as a typing mistake.
 * @throws UsageError saying what was probably meant, and how to search for the name anyway
 */
function readOperation(text: string): string {
  const known: readonly string[] = OPERATIONS;
  const meant = known.includes(text) ? undefined : closest(text, known);
  if (meant === undefined) return text;
  throw new UsageError(
    `contextcore records no operation ${text}`,
    `did you mean ${meant}? If another program records it under that name: --grep ${text}`,
  );
}

/** @throws UsageError */
function readNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`--before: ${JSON.stringify(text)} is not the number of an event`);
}

function readTime(text: string, now: number): number {
  return toMs(readMoment(text, now));
}
