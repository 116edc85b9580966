/** Detects an export whose steps yield nothing but always name more cursors, before these fill memory and disk. */

import type { Step } from "../../contract/contract.ts";
import { isBarren } from "./answers.ts";

/** Allowed cursors for each step that may yield nothing: a fan-out has many, a walk through pages one. */
const CURSORS_A_STEP = 50;
/** Size limit of these cursors as JSON, bytes. All of them are kept in memory and in the snapshot's index. */
const CURSORS_BYTES_MAX = 128 << 20;

/**
 * The reason to stop after a step, if any. A step that yields records or objects resets the count.
 * @param stepsMax steps in a row that may yield nothing
 */
export function createEndWatch(stepsMax: number): (step: Step) => string | undefined {
  let steps = 0;
  let cursors = 0;
  let bytes = 0;
  return (step) => {
    if (!isBarren(step)) steps = cursors = bytes = 0;
    else {
      const next = Array.isArray(step.next) ? step.next : [];
      steps += 1;
      cursors += next.length;
      bytes += jsonBytes(next);
      if (next.length === 0) return undefined;
      if (steps >= stepsMax) return `${steps} steps in a row yielded nothing, and more follow`;
      if (cursors > stepsMax * CURSORS_A_STEP || bytes > CURSORS_BYTES_MAX)
        return `${steps} steps in a row yielded nothing but ${cursors} cursors (${Math.round(bytes / 1e6)} MB)`;
    }
    return undefined;
  };
}

/** A value that is not JSON is refused by whoever stores it. */
function jsonBytes(next: NonNullable<Step["next"]>): number {
  try {
    return JSON.stringify(next).length;
  } catch {
    return 0;
  }
}
