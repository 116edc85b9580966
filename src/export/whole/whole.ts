/**
 * A source that can only be read from its beginning (a dump, a copy of a database) is one cursor. What it yields is written as
 * it arrives, and committed together at its end. After a failure everything is removed, and it starts again.
 */

import type { Cursor, Problem, Step } from "../../contract/contract.ts";
import { limitOf } from "../../engine/concurrency-limit.ts";
import type { Reservation } from "../../engine/memory-budget.ts";
import { relieveNow } from "../../engine/memory-pressure.ts";
import type { Once } from "../../engine/once.ts";
import { patiently } from "../../engine/patiently.ts";
import type { RetryPolicy } from "../../engine/retry.ts";
import type { Tuning } from "../../engine/tuning.ts";
import type { Block, Commit } from "../../snapshot/format/block.ts";
import type { Parent } from "../../snapshot/format/manifest.ts";
import { checkContents } from "../../snapshot/write/check-contents.ts";
import { type CheckedStep, checkStep } from "../../snapshot/write/check-step.ts";
import { InvalidStep } from "../../snapshot/write/invalid-step.ts";
import type { PiecewiseStep, SnapshotWriter } from "../../snapshot/write/writer.ts";
import type { Storage } from "../../storage/storage.ts";
import { formatBytes } from "../../units/bytes.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";
import { parentText } from "./parent-text.ts";
import type { StepSource } from "./step-source.ts";
import type { TemporarySpace } from "./temporary-space.ts";

/** Whether a cursor is read as a whole. */
export const isReadWhole = ({ restart }: Cursor): boolean => restart === "whole";

/** What reading one needs. */
interface WholeOptions {
  readonly source: StepSource;
  readonly writer: SnapshotWriter;
  readonly tuning: Tuning;
  readonly retry: RetryPolicy;
  readonly temporary: TemporarySpace;
  /** Where the snapshots are that backends continue. */
  readonly draft: { earlier(parent: Parent): Storage };
  readonly parents: ReadonlyMap<string, Parent>;
  /** What cursors have named. */
  readonly once: Once;
  readonly signal: AbortSignal;
}

/** What was committed. */
interface WholeTaken {
  readonly blocks: readonly Block[];
  readonly commit: Commit;
}

/** Reads it, with retries. @throws the error of the last attempt; nothing of it is kept then */
export async function readWhole(
  cursor: Cursor,
  reservation: Reservation,
  options: WholeOptions,
): Promise<WholeTaken> {
  const { temporary, retry, signal } = options;
  const bytes = Number(cursor.temporaryBytes ?? 0);
  using _space = await temporary.take(bytes);
  const told = bytes === 0 ? {} : { "temporary space": `${formatBytes(bytes)} in ${temporary.directory}` };
  return await patiently(() => attempt(cursor, reservation, told, options), signal, retry);
}

async function attempt(
  cursor: Cursor,
  reservation: Reservation,
  notes: Commit["notes"],
  options: WholeOptions,
): Promise<WholeTaken> {
  const { writer, source, once } = options;
  const step = writer.begin(source.name);
  let next: readonly Cursor[] = [];
  try {
    await continueFromParent(options);
    const said = await takePieces(cursor, step, reservation, options);
    next = once.claim(said.next);
    const commit = { cursor, done: 0, ...said, next, notes: { ...notes, ...said.notes } };
    return { blocks: await step.commit(commit), commit };
  } catch (error) {
    once.release(next);
    await step.discard();
    throw error;
  }
}

/** Gives a source that can tell what has changed the data that it tells it by. */
async function continueFromParent({ source, parents, draft, signal }: WholeOptions): Promise<void> {
  const { name: backend, exporter } = source;
  const { continues: files } = exporter;
  const parent = parents.get(backend);
  if (files === undefined || parent === undefined) return;
  await exporter.continueFrom?.(parentText({ place: draft.earlier(parent), parent, backend, files }), signal);
}

/** What all pieces report together. */
async function takePieces(
  cursor: Cursor,
  step: PiecewiseStep,
  reservation: Reservation,
  options: WholeOptions,
): Promise<Pick<Commit, "problems" | "next" | "notes">> {
  const problems: Problem[] = [];
  const next: Cursor[] = [];
  const notes: Record<string, string> = {};
  let largest = 0;
  for await (const piece of piecesOf(cursor, options)) {
    const checked = checkPiece(options.source.plugin, piece);
    largest = Math.max(largest, checked.bytes);
    reservation.resize(largest);
    await step.add(checked);
    problems.push(...checked.problems);
    next.push(...checked.next);
    Object.assign(notes, checked.notes);
  }
  return { problems, next, notes };
}

function checkPiece(plugin: string, piece: Step): CheckedStep {
  const checked = checkStep(plugin, piece);
  if (checked.objects.length > 0)
    throw new InvalidStep("a cursor that is read as a whole gives no objects: give them as bytes");
  checkContents(plugin, checked, relieveNow);
  return checked;
}

/** Each piece has the time limit of a step. */
async function* piecesOf(
  cursor: Cursor,
  { source: { exporter }, signal, tuning }: WholeOptions,
): AsyncGenerator<Step> {
  if (exporter.read === undefined)
    throw new InvalidStep('a cursor says restart: "whole", and the exporter has no `read`');
  const ended = new AbortController();
  const pieces = exporter.read(cursor, AbortSignal.any([signal, ended.signal]))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const piece = await withTimeLimit(() => pieces.next(), signal, limitOf(tuning));
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    ended.abort(new Error("it is not read any more"));
    // An error while it closes changes nothing.
    await withTimeLimit(async () => pieces.return?.(), NEVER, {
      limitMs: tuning.graceMs,
    }).catch(() => {});
  }
}
