import {
  type Cursor,
  fromMs,
  halves,
  NS_PER_MS,
  type Problem,
  type Range,
  type Records,
  type RestoreDiagnostic,
  type Step,
  v,
} from "contextcore";
import { type Annotation, endOf, parseAnnotation, putAnnotations, readAnnotations } from "../annotations.ts";
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
    const { from, to, ...rest } = v.parse(cursorSchema, cursor);
    return readWindow(server, { from: BigInt(from), to: BigInt(to), ...rest });
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
}

const cursorSchema = v.object({ from: v.string(), to: v.string(), limit: v.number(), first: v.boolean() });

/** Times as decimal strings of ns. */
const cursorOf = ({ from, to, limit, first }: Window): Cursor => ({
  kind: "annotations",
  from: String(from),
  to: String(to),
  limit,
  first,
});

async function readWindow(server: Server, window: Window): Promise<Step> {
  const found = await readAnnotations(server, { range: window, limit: window.limit });
  const own = found.filter((one) => belongs(one, window));
  if (found.length < window.limit) return recordsOf(own, window);
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
  if (parts !== undefined) {
    const [left, right] = parts;
    const { limit, first } = window;
    return {
      next: [cursorOf({ ...left, limit, first }), cursorOf({ ...right, limit, first: false })],
    };
  }
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
