/** What is missing after a restore, in words. */
import { uncountedLine } from "../reconcile/uncounted.ts";
import { countedUnit } from "../units/unit-text.ts";
import type { RestoreReport } from "./report.ts";

/** Servers' own words can be pages. */
const REASON_MAX = 300;

/** One line for each backend and reason: left out, failed, refused, not counted, or counted less. */
export function shortfalls({ plugins, leftOut, directory }: RestoreReport): string[] {
  return [
    ...leftOut.map(({ name, reason }) => `${name}: ${reason}`),
    ...plugins.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`])),
    ...plugins
      .filter(({ rejected }) => rejected > 0)
      .flatMap(({ name, rejected, refusals = [] }) => [
        `${name}: ${rejected === 1 ? "1 record was refused; it is" : `${rejected} records were refused; they are`} in ${directory}/rejected.json`,
        ...refusals.map(
          ({ reason, records }) => `${name}: ${records} of them: ${reason.slice(0, REASON_MAX)}`,
        ),
      ]),
    ...plugins.flatMap(({ name, counted }) =>
      counted.flatMap(({ range, failure }) =>
        failure === undefined ? [] : [`${name}: not counted from ${range.from} to ${range.to}: ${failure}`],
      ),
    ),
    ...plugins.flatMap(({ name, counted }) =>
      counted.flatMap(({ uncounted = [] }) =>
        uncounted.map((part) => `${name}: not counted: ${uncountedLine(part)}`),
      ),
    ),
    ...plugins.flatMap(({ name, counted }) =>
      counted.flatMap(({ range, saved, server, short }) =>
        short.map(
          (unit) =>
            `${name}: the server counts ${server?.[unit] ?? 0} of ${countedUnit(saved[unit] ?? 0, unit)} (${range.from} to ${range.to})`,
        ),
      ),
    ),
  ];
}
