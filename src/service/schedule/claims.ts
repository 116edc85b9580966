/** Which process has begun a run: nothing that a process left behind holds up its schedule. */
import { hostname } from "node:os";
import { markOf, stateOf, toProcessMark } from "../../units/process-mark.ts";
import type { Claims } from "./scheduler.ts";

/** Claims of this process. */
export function processClaims(): Claims {
  const own = JSON.stringify({ host: hostname(), ...markOf(process.pid) });
  return {
    own,
    isGone(claim) {
      const { host, ...mark } = claimIn(claim);
      const process = host === hostname() ? toProcessMark(mark) : undefined;
      const state = process === undefined ? "unknown" : stateOf(process);
      return state === "unknown" ? undefined : state === "gone";
    },
  };
}

function claimIn(text: string): { readonly host?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
