/** Delivers waiting events to one sink: in order, one at a time, from one process at a time, each attempt within the limit. */

import type { AuditRecord } from "../../contract/contract.ts";
import { isKind } from "../../contract/errors.ts";
import type { OpenSink } from "../../host/open.ts";
import { redactedText } from "../../redact/text.ts";
import { messageOf } from "../../units/message-of.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { lineOf } from "../format/trail-line.ts";
import { tryTrailLock } from "../journal/lock.ts";
import { pendingAfter } from "./pending.ts";
import { readSinkState, type SinkState, sinkStatePath, writeSinkState } from "./state.ts";

/** What one delivery to one sink needs. */
interface DispatcherOptions {
  readonly open: OpenSink;
  /** The trail's file. */
  readonly file: string;
  /** The folder of the sinks' states. */
  readonly folder: string;
  /** Time limit of one delivery, ms. */
  readonly timeLimitMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly outboxMax?: number;
  /** Called when events no longer fit into the outbox and are dropped. */
  onDropped(name: string, count: number): Promise<void>;
}

/** An event that the sink itself refuses this often, in different rounds, is skipped. */
const REFUSALS_MAX = 3;

/**
 * Delivers until nothing is waiting, the sink fails, or the signal is aborted. Nothing waits for a sink that was never
 * welcomed. While another process delivers to the same sink, this one waits: the other may have read the trail before the
 * newest event was there.
 * @returns the sink's state afterwards
 * @throws TrailError when the trail or the sink's state cannot be read or written; what the sink throws is kept in its state
 */
export async function deliverAll(options: DispatcherOptions): Promise<SinkState | undefined> {
  const { open, folder, signal } = options;
  if (readSinkState(folder, open.name) === undefined) return undefined;
  for (;;) {
    const lock = tryTrailLock(`${sinkStatePath(folder, open.name)}.lock`);
    if (lock !== undefined) {
      try {
        return await deliverLocked(options);
      } finally {
        lock.release();
      }
    }
    if (signal.aborted) return readSinkState(folder, open.name);
    await Bun.sleep(10);
  }
}

async function deliverLocked(options: DispatcherOptions): Promise<SinkState | undefined> {
  const { open, file, folder, signal } = options;
  let state = readSinkState(folder, open.name);
  while (state !== undefined) {
    const { records, dropped } = pendingAfter(file, state.after, options.outboxMax);
    if (dropped > 0) {
      state = { ...state, after: state.after + dropped, dropped: state.dropped + dropped, refusals: 0 };
      writeSinkState(folder, state);
      await options.onDropped(open.name, dropped);
    }
    if (records.length === 0) return state;
    for (const record of records) {
      if (signal.aborted) return state;
      const { next, go }: Attempt = await deliverOne(options, state, record);
      state = next;
      writeSinkState(folder, state);
      if (!go) return state;
    }
  }
}

interface Attempt {
  readonly next: SinkState;
  /** Whether the next event may be tried. */
  readonly go: boolean;
}

async function deliverOne(
  { open, timeLimitMs, signal }: DispatcherOptions,
  state: SinkState,
  record: AuditRecord,
): Promise<Attempt> {
  const at = () => new Date().toISOString();
  try {
    await withTimeLimit((limit) => open.sink.deliver(record, limit), signal, { limitMs: timeLimitMs });
    const { failure: _, ...rest } = state;
    const receipt = { seq: record.seq, id: record.id, hash: lineOf(record.line).hash, at: at() };
    return {
      next: { ...rest, after: record.seq, receipt, delivered: state.delivered + 1, refusals: 0 },
      go: true,
    };
  } catch (error) {
    if (signal.aborted) return { next: state, go: false }; // the command is ending; that says nothing about the sink
    const failure = {
      message: redactedText(messageOf(error)),
      at: at(),
    };
    if (!isEventsFault(error)) return { next: { ...state, failure }, go: false };
    const refusals = state.refusals + 1;
    if (refusals < REFUSALS_MAX) return { next: { ...state, failure, refusals }, go: false };
    return {
      next: { ...state, failure, after: record.seq, rejected: state.rejected + 1, refusals: 0 },
      go: true,
    };
  }
}

/** The sink works, but will never take this event. */
const isEventsFault = (error: unknown): boolean =>
  isKind(error, "too-large") || (isKind(error, "invalid") && (error.status === 400 || error.status === 422));
