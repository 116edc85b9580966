import { isLoss } from "../../snapshot/format/problem-kind.ts";
import type { CheckedStep } from "../check-step.ts";
import type { Ledger } from "../ledger.ts";
import { againCursor, type Reread } from "./cursor.ts";

/**
 * A step of a second reading, as it is kept: the records of the part that is read again, in that part's window; the
 * objects that the first reading did not have; and of what is said about the reading only what is lost.
 */
export function ofSecondReading(
  reread: Reread,
  step: CheckedStep,
  ledger: Pick<Ledger, "hasObject">,
): CheckedStep {
  const { part, from, to } = reread;
  const isOfPart = (window: unknown): boolean =>
    part === "whole" || (window !== undefined) === (part === "window");
  const records = step.records
    .filter((one) => isOfPart(one.window))
    .map(({ window: _, ...one }) => (part === "window" ? { ...one, window: { from, to } } : one));
  const objects = part === "window" ? [] : step.objects.filter(({ path }) => !ledger.hasObject(path));
  return {
    ...step,
    records,
    objects,
    problems: step.problems.filter(isLoss),
    next: step.next.map((cursor) => againCursor(reread, cursor)),
    notes: {},
    bytes: [...records, ...objects].reduce((sum, one) => sum + one.bytes.length, 0),
  };
}
