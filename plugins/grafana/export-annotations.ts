import {
  type Cursor,
  fromMs,
  halves,
  NS_PER_MS,
  type Problem,
  type Range,
  type Records,
  type Step,
  v,
} from "contextcore";
import { type Annotation, endOf, readAnnotations } from "./annotations.ts";
import type { Server } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

const FILE = "grafana/annotations.jsonl";
const PAGE = 1000;
const MOST = 64_000;

interface Window extends Range {
  readonly limit: number;
  /** The first window also takes what began before it and reaches into it. */
  readonly first: boolean;
}

/** A window of annotations as a cursor, times as decimal texts of ns. */
export const annotationCursor = ({ from, to, limit, first }: Window): Cursor => ({
  kind: "annotations",
  from: String(from),
  to: String(to),
  limit,
  first,
});

/** The whole range, before it is known that an answer cannot hold it. */
export const firstWindow = (range: Range): Window => ({ ...range, limit: PAGE, first: true });

export const exportAnnotations: ReadStep = stepOf(
  { from: v.string(), to: v.string(), limit: v.number(), first: v.boolean() },
  (server, { from, to, limit, first }, signal) =>
    tolerant("annotations", () =>
      exportWindow(server, { from: BigInt(from), to: BigInt(to), limit, first }, signal),
    ),
);

async function exportWindow({ http }: Server, window: Window, signal: AbortSignal): Promise<Step> {
  const found = await readAnnotations(http, { range: window, limit: window.limit }, signal);
  const own = found.filter((one) => belongs(one, window));
  if (found.length < window.limit) return recordsOf(own, window);
  const begun = found.filter((one) => belongs(one, { ...window, first: false })).length;
  return narrower(window, begun) ?? { ...recordsOf(own, window), problems: [tooMany(window)] };
}

/** An annotation that reaches over several windows belongs to the one that it begins in. */
const belongs = ({ time }: Annotation, { from, first }: Window): boolean => first || fromMs(time) >= from;

/**
 * A full answer may have left something out: two halves; or, where most of it began before the window, so that halves
 * would be as full, the same window with a higher limit.
 */
function narrower(window: Window, begun: number): Step | undefined {
  const parts = begun * 2 >= window.limit ? halves(window, NS_PER_MS) : undefined;
  if (parts !== undefined) {
    const [left, right] = parts;
    const { limit, first } = window;
    return {
      next: [
        annotationCursor({ ...left, limit, first }),
        annotationCursor({ ...right, limit, first: false }),
      ],
    };
  }
  if (window.limit >= MOST) return undefined;
  return { next: [annotationCursor({ ...window, limit: window.limit * 2 })] };
}

const tooMany = ({ from, to, limit }: Window): Problem => ({
  kind: "incomplete",
  reason: `More than ${limit} annotations at one time: Grafana gives the newest of them and has no way to ask for the rest.`,
  range: { from, to },
});

/** Ascending in time, so that the file reads as it happened. */
function recordsOf(annotations: readonly Annotation[], window: Window): Step {
  if (annotations.length === 0) return {};
  const sorted = annotations.toSorted((a, b) => a.time - b.time || endOf(a) - endOf(b));
  const times = sorted.map(({ time }) => fromMs(time));
  const from = later(times.at(0) ?? window.from, window.from);
  const to = later(times.at(-1) ?? window.from, window.from) + NS_PER_MS;
  const records: Records = {
    file: FILE,
    text: sorted.map((one) => `${JSON.stringify(one)}\n`).join(""),
    lines: sorted.length,
    from,
    to: to < window.to ? to : window.to,
    counts: { annotations: sorted.length },
  };
  return { records: [records] };
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
