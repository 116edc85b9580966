import {
  type Cursor,
  encodeCursor,
  fromMs,
  halves,
  NS_PER_MS,
  nanoseconds,
  type Problem,
  type Range,
  type Records,
  type RestoreDiagnostic,
  type Step,
  v,
} from "contextcore";
import {
  type Annotation,
  type AnnotationType,
  endOf,
  parseAnnotation,
  putAnnotations,
  readSomeAnnotations,
  ANNOTATION_TYPES as TYPES,
} from "../annotations.ts";
import type { LineKind } from "../kind.ts";
import { references } from "../references.ts";
import type { Server } from "../server.ts";
import { dashboards } from "./dashboards.ts";

/** The only kind limited to the range of an export. */
export const annotations: LineKind = {
  name: "annotation",
  plural: "annotations",
  singular: "annotation",
  unit: "annotations",
  file: "grafana/annotations.jsonl",
  needs: [dashboards],
  foresee: async () => [ALERT_HISTORY],

  /** The whole range, until it turns out that one answer cannot hold it. */
  start: (range) => cursorOf({ ...range, limit: PAGE, first: true }),

  async read(server, cursor) {
    return readWindow(server, windowOf(cursor));
  },

  /** Those of alerting and those of people apart, then by time, as long as that helps; not if there is no answer for a time without any, either. */
  async split(server, cursor) {
    const window = windowOf(cursor);
    if (window.type === undefined) {
      await readSomeAnnotations(server, { range: { from: 0n, to: NS_PER_MS }, limit: 1 });
      return { cursors: TYPES.map((type) => cursorOf({ ...window, type })) };
    }
    const items = ["annotations of this time"];
    const parts = halves(window, NS_PER_MS);
    if (parts === undefined || (await isCovered(server, window, parts))) return { items };
    return { cursors: inTwo(window, parts), items };
  },

  describe(line) {
    const { text, tags, dashboardUID } = parseAnnotation(line);
    const refers = references("dashboard", dashboardUID ? [dashboardUID] : []);
    return { uids: [], titles: [text], tags: tags ?? [], called: [], refers };
  },

  put: putAnnotations,
};

const ALERT_HISTORY: RestoreDiagnostic = {
  severity: "refuses",
  message: "Annotations that alerting wrote when rules changed their state cannot be written from outside.",
};

const PAGE = 1000;
const MOST = 64_000;

interface Window extends Range {
  readonly limit: number;
  /** The first window also takes annotations that began before it and extend into it. */
  readonly first: boolean;
  /** Absent: all. */
  readonly type?: AnnotationType | undefined;
}

const cursorSchema = v.object({
  from: nanoseconds,
  to: nanoseconds,
  limit: v.number(),
  first: v.boolean(),
  type: v.optional(v.picklist(TYPES)),
});

const windowOf = (cursor: Cursor): Window => v.parse(cursorSchema, cursor);

const cursorOf = (window: Window): Cursor => encodeCursor({ kind: "annotations", ...window });

/** The window in two parts: only the earlier is the first one. */
const inTwo = (window: Window, [left, right]: readonly [Range, Range]): Cursor[] => [
  cursorOf({ ...window, ...left }),
  cursorOf({ ...window, ...right, first: false }),
];

/** A look at one moment is quick, or fails. */
const LOOK_MS = 2_000;

/**
 * Whether Grafana fails at its beginning, its middle and its end: then one that it cannot read reaches over all of it, and no
 * window within it avoids that one.
 */
async function isCovered(
  server: Server,
  { from, to, type }: Window,
  [, { from: middle }]: readonly [Range, Range],
): Promise<boolean> {
  const moments = [from, middle, to - NS_PER_MS].map((at) => ({ from: at, to: at + NS_PER_MS }));
  const look = { type, limit: 1, timeoutMs: LOOK_MS };
  const looks = moments.map((range) => readSomeAnnotations(server, { ...look, range }));
  const found = await Promise.allSettled(looks);
  server.signal.throwIfAborted();
  return found.every(({ status }) => status === "rejected");
}

async function readWindow(server: Server, window: Window): Promise<Step> {
  const { type, limit } = window;
  const { found, isFull } = await readSomeAnnotations(server, { range: window, limit, type });
  const own = found.filter((one) => belongs(one, window));
  if (!isFull) return recordsOf(own, window);
  const begun = found.filter((one) => belongs(one, { ...window, first: false })).length;
  return narrower(window, begun) ?? { ...recordsOf(own, window), problems: [tooMany(window)] };
}

/** An annotation that spans several windows belongs to the one in which it begins. */
const belongs = ({ time }: Annotation, { from, first }: Window): boolean => first || fromMs(time) >= from;

/**
 * A full answer may be incomplete: halve the window; or, if most of it began before the window, so that the halves would be
 * just as full, ask for the same window with a higher limit.
 */
function narrower(window: Window, begun: number): Step | undefined {
  const parts = begun * 2 >= window.limit ? halves(window, NS_PER_MS) : undefined;
  if (parts !== undefined) return { next: inTwo(window, parts) };
  if (window.limit >= MOST) return undefined;
  return { next: [cursorOf({ ...window, limit: window.limit * 2 })] };
}

const tooMany = ({ from, to, limit }: Window): Problem => ({
  kind: "incomplete",
  reason: `More than ${limit} annotations at one time: Grafana gives the newest of them and has no way to ask for the rest.`,
  range: { from, to },
});

/** Ascending by time, so that the file reads chronologically. */
function recordsOf(found: readonly Annotation[], window: Window): Step {
  if (found.length === 0) return {};
  const sorted = found.toSorted((a, b) => a.time - b.time || endOf(a) - endOf(b));
  const times = sorted.map(({ time }) => fromMs(time));
  const from = later(times.at(0) ?? window.from, window.from);
  const to = later(times.at(-1) ?? window.from, window.from) + NS_PER_MS;
  const records: Records = {
    file: annotations.file,
    text: sorted.map((one) => `${JSON.stringify(one)}\n`).join(""),
    lines: sorted.length,
    from,
    to: to < window.to ? to : window.to,
    counts: { annotations: sorted.length },
  };
  return { records: [records] };
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);
