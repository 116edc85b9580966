/** Takes spans in: those of models as runs, those of tools as what ran for them, and the others not at all. */
import { setImmediate as otherWork } from "node:timers/promises";
import { eachSpan, type Trace } from "../../otlp/trace.ts";
import type { ToolRun } from "../database/tool-runs.ts";
import { type ActivityDoor, recordRun } from "../door.ts";
import { readSpan } from "./span.ts";

/** What became of all spans so far. */
export interface SpanCounts {
  /** They are runs. */
  run: number;
  /** They are tools that ran for one. */
  tool: number;
  /** They are of something else: of a request, an agent, a search. */
  left: number;
  /** They have no id. */
  rejected: number;
  /** They are tools of which no run was ever sent. */
  orphaned: number;
}

/** See {@link createSpanReceiver}. */
export interface SpanReceiver {
  /** @returns how many of them were rejected */
  take(trace: Trace): Promise<number>;
  readonly counts: Readonly<SpanCounts>;
}

/** Other work of this thread waits no longer for spans. ms */
const SLICE_MS = 4;

/** A run may end, and its span be sent, long after that of a tool which it waited for. ms */
const AGAIN_MS: readonly number[] = [500, 5_000, 60_000, 300_000];

/** Tools that wait for their run. */
const WAITING_MAX = 1_000;

/** More than this is written down first, before more is taken. */
const BACKLOG = { jobs: 1_000, lookMs: 10, limitMs: 10_000 };

/** @param door what they are given to */
export function createSpanReceiver(door: ActivityDoor): SpanReceiver {
  const counts = { run: 0, tool: 0, left: 0, rejected: 0, orphaned: 0 };
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One request after the other: what waits to be written has no room for many. */
  const inTurn = (work: () => Promise<number>): Promise<number> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  const room = async (): Promise<void> => {
    const until = performance.now() + BACKLOG.limitMs;
    while (door.state().waiting > BACKLOG.jobs && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, BACKLOG.lookMs));
  };

  /** The order in which spans end is not that in which they belong together. */
  const giveTool = (tool: ToolRun, times = 0): void =>
    door.toolRan(tool, () => {
      const afterMs = AGAIN_MS[times];
      if (afterMs === undefined || waiting >= WAITING_MAX) {
        counts.orphaned += 1;
        return;
      }
      waiting += 1;
      setTimeout(() => {
        waiting -= 1;
        giveTool(tool, times + 1);
      }, afterMs).unref();
    });

  const given = async (trace: Trace): Promise<number> => {
    const tools: ToolRun[] = [];
    let rejected = 0;
    let until = performance.now() + SLICE_MS;
    for (const { span, resource } of eachSpan(trace)) {
      const read = readSpan(span, resource);
      counts[read.kind] += 1;
      if (read.kind === "run") recordRun(door, read.run, "otlp");
      if (read.kind === "tool") tools.push(read.tool);
      if (read.kind === "rejected") rejected += 1;
      if (performance.now() < until) continue;
      await otherWork();
      until = performance.now() + SLICE_MS;
    }
    for (const tool of tools) giveTool(tool);
    return rejected;
  };

  return {
    counts,
    take: (trace) =>
      inTurn(async () => {
        await room();
        return given(trace);
      }),
  };
}
