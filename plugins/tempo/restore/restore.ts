import {
  type Counts,
  type HttpClient,
  PluginError,
  type Problem,
  type RestoreAnswer,
  type RestoreBatch,
  type Restorer,
  sleep,
} from "contextcore";
import type { Settings } from "../server/settings.ts";
import type { FetchTrace } from "../server/trace-by-id.ts";
import { readLine, type State, type TraceLine } from "./line.ts";
import { createMatcher } from "./matcher.ts";
import { preflight, settlingMs } from "./preflight.ts";
import { pushTraces, readAllBack } from "./push.ts";

interface RestorerOptions {
  readonly otlp: HttpClient;
  readonly fetchTrace: FetchTrace;
  readonly settings: (signal: AbortSignal) => Promise<Settings>;
  readonly clock: () => bigint;
  readonly tenant: string | undefined;
}

/** Pushes traces through OTLP; only what can be read back counts as written. */
export function createRestorer({ otlp, fetchTrace, settings, clock, tenant }: RestorerOptions): Restorer {
  const delays = createDelays();
  return {
    heeds: ["labels", "tenant"],
    // Each line is a whole trace, or a part whose spans are read back by themselves.
    order: { "traces.json": "any" },
    matcher: createMatcher,
    preflight: async (plan, signal) =>
      preflight(plan, { otlp, settings: await settings(signal), now: clock(), tenant }, signal),
    settleMs: async (signal) => settlingMs(await settings(signal)),
    async apply(batch, signal) {
      if (batch.file !== "traces.json") {
        throw new PluginError("invalid", `tempo: ${batch.file} is not a file that tempo exports`);
      }
      const { traces, unreadable } = readBatch(batch);
      const before = await readAllBack(fetchTrace, traces, signal);
      const existing = traces.filter((trace) => before.get(trace) !== "missing");
      const wanted = traces.filter((trace) => before.get(trace) === "missing");
      const written = await writeAll({ otlp, fetchTrace, delays }, wanted, signal);
      return answerOf(written, existing, unreadable);
    },
  };
}

type Rejected = NonNullable<RestoreAnswer["rejected"]>[number];

function readBatch({ lines, range, labels }: RestoreBatch): { traces: TraceLine[]; unreadable: Rejected[] } {
  const traces: TraceLine[] = [];
  const unreadable: Rejected[] = [];
  for (const line of lines) {
    try {
      const trace = readLine(line, { range, labels });
      if (trace !== undefined) traces.push(trace);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      unreadable.push({ line, reason: error.message });
    }
  }
  return { traces, unreadable };
}

interface Written {
  readonly whole: readonly TraceLine[];
  readonly altered: readonly TraceLine[];
  readonly rejected: readonly Rejected[];
}

/** The rest counts as dropped when nothing new has turned up for this long. ms */
const PATIENCE_MS = 60_000;
const PAUSE_MOST_MS = 2_000;

/** How long this server has taken to show what it was pushed. */
interface Delays {
  note(ms: number): void;
  /**
   * A trace that others of the same push have overtaken was dropped. If none has arrived, the push may be slow: for this long. ms
   */
  slowMs(): number;
}

/** While it has shown nothing yet it may take ten seconds; afterwards ten times as long as it ever took. */
function createDelays(): Delays {
  let longest = Number.POSITIVE_INFINITY;
  return {
    note(ms) {
      longest = Number.isFinite(longest) ? Math.max(longest, ms) : ms;
    },
    slowMs: () => Math.min(10_000, Math.max(1_000, 10 * longest)),
  };
}

/**
 * Pushes, reads back, and pushes again what was dropped, as long as some of it arrives: Tempo takes a limited number of traces at
 * once, and makes room within seconds.
 */
async function writeAll(
  { otlp, fetchTrace, delays }: Pick<RestorerOptions, "otlp" | "fetchTrace"> & { readonly delays: Delays },
  wanted: readonly TraceLine[],
  signal: AbortSignal,
): Promise<Written> {
  const done = new Map<TraceLine, State>();
  const rejected: Rejected[] = [];
  let missing = wanted;
  let [pushed, arrived] = [0, Date.now()];
  for (let pause = 50; missing.length > 0; pause = Math.min(pause * 2, PAUSE_MOST_MS)) {
    if (pushed === 0 || pushed < arrived || Date.now() - pushed > delays.slowMs()) {
      const refused = await pushTraces(otlp, missing, signal);
      rejected.push(...refused.map(({ trace, reason }) => ({ line: trace.line, reason })));
      missing = missing.filter((trace) => !refused.some((one) => one.trace === trace));
      pushed = Date.now();
    }
    const states = await readAllBack(fetchTrace, missing, signal);
    const there = [...states].filter(([, state]) => state !== "missing");
    for (const [trace, state] of there) done.set(trace, state);
    missing = missing.filter((trace) => !done.has(trace));
    if (there.length > 0) {
      arrived = Date.now();
      delays.note(arrived - pushed);
    } else if (Date.now() - arrived > PATIENCE_MS) break;
    if (missing.length > 0) await sleep(pause, signal);
  }
  const of = (state: State): TraceLine[] =>
    [...done].filter((one) => one[1] === state).map(([trace]) => trace);
  const lost = missing.map(({ line }) => ({ line, reason: DROPPED }));
  return { whole: of("whole"), altered: of("altered"), rejected: [...rejected, ...lost] };
}

const DROPPED =
  "Tempo answered 200 several times and yet did not keep it (too many live traces, or the trace is too large)";

const ALTERED =
  "Tempo stores these traces, but not as they were: it cuts attributes longer than distributor.max_attribute_bytes, and keeps neither span flags nor schema URLs.";

function answerOf(
  { whole, altered, rejected }: Written,
  existing: readonly TraceLine[],
  unreadable: readonly Rejected[],
): RestoreAnswer {
  const problems: Problem[] =
    altered.length === 0 ? [] : [{ kind: "lossy", reason: ALTERED, items: altered.map(({ id }) => id) }];
  return {
    written: countsOf([...whole, ...altered]),
    existing: countsOf(existing),
    rejected: [...unreadable, ...rejected],
    problems,
  };
}

const countsOf = (traces: readonly TraceLine[]): Counts => ({
  traces: traces.length,
  spans: traces.reduce((sum, { spans }) => sum + spans, 0),
});
