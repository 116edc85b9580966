/** An export whose steps bring nothing and always name more: stopped before its cursors fill memory and disk. */

import type { Step } from "../contract/contract.ts";
import { isBarren } from "./answers.ts";

/** Cursors that may be named for each step that may bring nothing: a fan-out has many, a walk through pages one. */
const CURSORS_A_STEP = 50;
/** What these cursors may take as JSON, bytes. All of them are kept in memory and in the snapshot's index. */
const CURSOR_BYTES_MAX = 128 << 20;

/**
 * What speaks against going on after a step; a step that brings records or objects begins anew.
 * @param stepsMax steps in a row that may bring nothing
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
      if (steps >= stepsMax) return `${steps} steps in a row brought nothing, and there are still more`;
      if (cursors > stepsMax * CURSORS_A_STEP || bytes > CURSOR_BYTES_MAX)
        return `${steps} steps in a row brought nothing but ${cursors} cursors (${Math.round(bytes / 1e6)} MB)`;
    }
    return undefined;
  };
}

/** What is not JSON is refused by whoever keeps it. */
function jsonBytes(next: NonNullable<Step["next"]>): number {
  try {
    return JSON.stringify(next).length;
  } catch {
    return 0;
  }
}
