/** Finds the parts of a range of which the server has more than is held, by counting halves. */
import type { Counts } from "../../contract/contract.ts";
import { countsIn } from "../../snapshot/format/counts.ts";
import type { Range } from "../../units/range.ts";
import { type HeldTally, PIECES } from "./tally.ts";

/** What to narrow down, and how to ask the server. */
export interface NarrowOptions {
  readonly range: Range;
  /** What is held of the range, piece by piece. It is asked for where it is needed. */
  readonly tally: () => Promise<HeldTally>;
  /** What the server counts of the whole range, in the units that are compared. */
  readonly server: Counts;
  /** What the export read of it. */
  readonly read: Counts;
  /** Counts a part on the server. `undefined`: it cannot say. */
  readonly count: (range: Range) => Promise<Counts | undefined>;
}

/** This few records are simply read: further counting would cost as much. */
const SMALL = 1_000;
/**
 * This many counts locate two missing records within a thousandth of the range; whatever is not found by then is read as it is.
 */
const COUNTS_MAX = 40;
/** The most records compared at once: some 11 or 22 bytes each. */
const COMPARED_MAX = 250_000;

/** A run of the tally's pieces that is short, and what the server counts of it. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly server: Counts;
}

/** @returns the parts to read again, in order, each small enough to compare its records in memory */
export async function narrow(options: NarrowOptions): Promise<readonly Range[]> {
  const { range, server, read } = options;
  if (largest(server) <= SMALL && largest(read) <= SMALL) return [range];
  const tally = await options.tally();
  const short = await shortRuns(options, tally);
  return joined(short).flatMap((run) => comparable(run, tally));
}

const largest = (counts: Counts): number => Math.max(0, ...Object.values(counts));

async function shortRuns({ server, read, count }: NarrowOptions, tally: HeldTally): Promise<readonly Run[]> {
  const short: Run[] = [];
  const waiting: Run[] = [{ from: 0, to: PIECES, server }];
  const isKnown = isSame(tally.held(0, PIECES), read, server);
  let counts = 0;
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    const asks = isKnown && counts + 2 <= COUNTS_MAX && isWorthCounting(run, tally);
    const halves = asks ? await countHalves(run, tally, count) : undefined;
    if (asks) counts += 2;
    if (halves === undefined) short.push(run);
    else waiting.push(...halves.filter((half) => isShort(half, tally)));
  }
  return short;
}

const isSame = (one: Counts, other: Counts, units: Counts): boolean =>
  Object.keys(units).every((unit) => (one[unit] ?? 0) === (other[unit] ?? 0));

const isShort = ({ from, to, server }: Run, tally: HeldTally): boolean => {
  const held = tally.held(from, to);
  return Object.entries(server).some(([unit, count]) => count > (held[unit] ?? 0));
};

/** If nothing is held, everything is missing. */
const isWorthCounting = ({ from, to, server }: Run, tally: HeldTally): boolean =>
  largest(server) > SMALL && tally.records(from, to) > 0 && tally.middle(from, to) !== undefined;

/**
 * `undefined` if the server cannot say, or the counts of two halves do not add up to the whole: they are then not tied to a
 * time.
 */
async function countHalves(
  { from, to, server }: Run,
  tally: HeldTally,
  count: NarrowOptions["count"],
): Promise<readonly Run[] | undefined> {
  const middle = tally.middle(from, to) ?? to;
  const [left, right] = await Promise.all([
    count(tally.range(from, middle)),
    count(tally.range(middle, to)),
  ]).catch(() => []);
  if (left === undefined || right === undefined) return undefined;
  const units = Object.keys(server);
  const isWhole = units.every((unit) => (left[unit] ?? 0) + (right[unit] ?? 0) === server[unit]);
  if (!isWhole) return undefined;
  return [
    { from, to: middle, server: countsIn(units, left) },
    { from: middle, to, server: countsIn(units, right) },
  ];
}

/** Merges adjacent runs. */
function joined(runs: readonly Pick<Run, "from" | "to">[]): Pick<Run, "from" | "to">[] {
  const all: { from: number; to: number }[] = [];
  for (const { from, to } of runs.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last?.to === from) last.to = to;
    else all.push({ from, to });
  }
  return all;
}

function comparable({ from, to }: Pick<Run, "from" | "to">, tally: HeldTally): Range[] {
  const middle = tally.middle(from, to);
  if (middle === undefined || tally.records(from, to) <= COMPARED_MAX) return [tally.range(from, to)];
  return [...comparable({ from, to: middle }, tally), ...comparable({ from: middle, to }, tally)];
}
