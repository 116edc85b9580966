/** After a recovery: what each server holds, beside what the snapshots had. */
import type { Counts } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { messageOf } from "../units/message-of.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import type { ComparedObjects } from "../verify/compare-objects.ts";
import type { LiveReport } from "../verify/live.ts";

/**
 * How it is known what the server holds.
 * - `counted`: by window of time, as `verify --live` does.
 * - `compared`: each object by its content.
 * - `listed`: the server says how much it holds in all.
 * - `written`: it cannot say; this is what it took, or said was there.
 */
type HowKnown = "counted" | "compared" | "listed" | "written";

/** One unit of one backend. */
interface HeldUnit {
  readonly backend: string;
  readonly unit: string;
  readonly saved: number;
  readonly server: number;
  readonly how: HowKnown;
  /** `fewer`: something of the snapshot is not there, or not as it was. */
  readonly verdict: "same" | "more" | "fewer";
}

/** What a restore did to one backend. */
export interface PutBack {
  readonly chosen: Counts;
  /** Written, or there already. */
  readonly there: Counts;
  /** Left out, since it was erased after the snapshots were made. */
  readonly erased?: Counts;
  /** Nothing was refused or lost, so what is left of the number is what no server takes, or what was saved twice. */
  readonly isWhole: boolean;
}

/** What is known of one backend. */
export interface HeldBackend {
  readonly backend: string;
  readonly held: readonly HeldUnit[];
  /** What could not be counted or compared, and why. */
  readonly unproven: readonly string[];
}

/** Whether a server is known to hold less; what it did not take although it cannot say what it holds is told by the restore. */
export const holdsLessThanSaved = ({ held }: HeldBackend): boolean =>
  held.some(({ verdict, how }) => verdict === "fewer" && how !== "written");

/** Compares what the server holds. @throws the signal's reason */
export async function heldBy(
  live: LiveReport,
  open: OpenBackend | undefined,
  put: PutBack,
  signal: AbortSignal,
): Promise<HeldBackend> {
  const compared = comparedIn(live.objects);
  // An object's content says more than the number of all.
  const counted = countedIn(live, put.erased).filter(
    ({ unit }) => !compared.some((one) => one.unit === unit),
  );
  const known = [...counted, ...compared];
  const isKnown = (unit: string): boolean => known.some((one) => one.unit === unit);
  const left = Object.keys(put.chosen).filter((unit) => !isKnown(unit));
  // What a server lists it lists of all times, so that is compared where it counts none.
  const isCounted = live.counted + live.failed > 0 || live.objects !== undefined;
  const asked = left.length > 0 && !isCounted && open !== undefined;
  const { listed, failure }: Listed = asked ? await listedBy(open, signal) : { listed: {} };
  const others = left.flatMap((unit) => {
    const server = listed[unit];
    const saved = put.chosen[unit] ?? 0;
    return server === undefined
      ? writtenAs(unit, put)
      : [row({ unit, saved, server, how: "listed" as const })];
  });
  const held = [...known, ...others].map((one) => ({ backend: live.plugin, ...one }));
  return {
    backend: live.plugin,
    held,
    unproven: [...unprovenOf(live), ...(failure === undefined ? [] : [failure])],
  };
}

type Row = Omit<HeldUnit, "backend">;

const row = (one: Omit<Row, "verdict">): Row => ({
  ...one,
  verdict: one.server < one.saved ? "fewer" : one.server > one.saved ? "more" : "same",
});

/** What a restore passes over as a whole, such as files that are for people, is nobody's loss. */
function writtenAs(unit: string, { chosen, there, isWhole }: PutBack): Row[] {
  const server = there[unit];
  if (server === undefined) return [];
  const found = row({ unit, saved: chosen[unit] ?? 0, server, how: "written" });
  return [isWhole ? { ...found, verdict: "same" } : found];
}

/** One window may have fewer although there are more in all. What was erased is in none. */
const countedIn = ({ totals, differences }: LiveReport, erased: Counts = {}): Row[] =>
  Object.entries(totals.saved).map(([unit, all]) => {
    const gone = erased[unit] ?? 0;
    const saved = Math.max(0, all - gone);
    const found = row({ unit, saved, server: totals.server[unit] ?? 0, how: "counted" });
    const lacks = differences.reduce(
      (sum, one) => sum + (one.unit === unit ? Math.max(0, one.saved - one.server) : 0),
      0,
    );
    return lacks > gone ? { ...found, verdict: "fewer" } : found;
  });

function comparedIn(objects: ComparedObjects | undefined): Row[] {
  if (objects === undefined) return [];
  const { missingCounts, equalCounts, differingCounts } = objects;
  const saved: Record<string, number> = {};
  for (const counts of [missingCounts, equalCounts, differingCounts]) addCounts(saved, counts);
  return Object.entries(saved).map(([unit, all]) =>
    row({ unit, saved: all, server: equalCounts[unit] ?? 0, how: "compared" }),
  );
}

const unprovenOf = ({ failed, failure, uncounted, objects, objectsFailure }: LiveReport): string[] => [
  ...(failed > 0 ? [failure ?? "it could not be counted"] : []),
  ...(uncounted.length > 0 ? ["some of it could not be counted: contextcore verify --live names it"] : []),
  ...(objectsFailure === undefined ? [] : [objectsFailure]),
  ...(Object.values(objects?.unknownCounts ?? {}).some((count) => count > 0)
    ? ["some objects could not be compared: contextcore verify --live names them"]
    : []),
];

const ASKING_MS = 60_000;

/** Nothing where the server does not say. */
async function listedBy({ backend }: OpenBackend, signal: AbortSignal): Promise<Listed> {
  try {
    const ask = (inner: AbortSignal) => backend.inventory(inner);
    const { counts = {} } = await withTimeLimit(ask, signal, { limitMs: ASKING_MS });
    return { listed: counts };
  } catch (error) {
    signal.throwIfAborted();
    return { listed: {}, failure: messageOf(error) };
  }
}

interface Listed {
  readonly listed: Counts;
  /** Why the server could not say. */
  readonly failure?: string;
}
