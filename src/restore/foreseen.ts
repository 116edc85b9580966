/** What a plan says of the restore that it would be. */
import { leavesNone } from "./compared.ts";
import type { PlannedRestore } from "./plan.ts";

/** Whether all that was asked for would be written, accepted and shown, so that the counts after the restore would find it. */
export function foreseesAll({ targets, leftOut }: PlannedRestore): boolean {
  const isShort = targets.some(
    ({ lost, findings }) =>
      lost.length > 0 || findings.some(({ severity }) => severity === "refuses" || severity === "hides"),
  );
  return targets.length > 0 && leftOut.length === 0 && !isShort && targets.every(leavesNone);
}
