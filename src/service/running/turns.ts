/** Which runs may begin: of the kinds that write one at a time, and not more processes than a machine bears. */
import type { Live } from "./live.ts";
import { RunError } from "./run-error.ts";

/** Processes that work at the same time. */
const WORKING_MAX = 4;
/** Plans that wait for somebody, each with its process; and runs that wait in line. */
const AWAITING_MAX = 8;
const QUEUED_MAX = 100;

/** See {@link createTurns}. */
interface Turns {
  /** Whether a run that waits in line may begin now. */
  mayBegin(live: Live): boolean;
  /** The other run that writes what this one would. */
  inTheWay(live: Live): Live | undefined;
  /** @param asks whether somebody has to agree to the new one @throws RunError when there is no room for one more */
  requireRoom(asks: boolean): void;
  count(...states: readonly Live["state"][]): number;
}

/** @param all the runs that have not ended */
export function createTurns(all: () => readonly Live[]): Turns {
  const count = (...states: readonly Live["state"][]): number =>
    all().filter(({ state }) => states.includes(state)).length;
  const inTheWay = (live: Live): Live | undefined =>
    live.writes ? all().find((one) => one.order.kind === live.order.kind && takesTurn(one)) : undefined;
  return {
    count,
    inTheWay,
    mayBegin: (live) =>
      live.state === "queued" &&
      !live.isWithdrawn &&
      count("planning", "running") < WORKING_MAX &&
      (live.asks || inTheWay(live) === undefined),
    requireRoom(asks) {
      const plans = all().filter((one) => one.asks && one.state !== "running").length;
      if (asks && plans >= AWAITING_MAX)
        throw new RunError("busy", `${plans} plans wait for agreement`, "agree to one, or cancel it");
      if (count("queued") >= QUEUED_MAX) throw new RunError("busy", `${QUEUED_MAX} tasks wait in line`);
    },
  };
}

/** What waits for somebody's agreement writes nothing yet, and is looked at again when it begins. */
const takesTurn = ({ writes, asks, state }: Live): boolean =>
  writes && (state === "running" || (state === "planning" && !asks));
