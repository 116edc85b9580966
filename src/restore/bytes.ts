/** Restores files of bytes: each is sent to its backend as one stream, and written whole or not at all. */
import type { RestoreFile } from "../contract/contract.ts";
import { isOfThisCall } from "../contract/errors.ts";
import { patiently } from "../engine/patiently.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import { countsLess } from "../snapshot/format/counts.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { type EditedBytes, editedBytes } from "./edited-bytes.ts";
import { type BlockOutcome, countRejected } from "./journal.ts";
import type { PlannedFile } from "./select.ts";
import type { BlockJob, Writing } from "./write-block.ts";

type BytesWriting = Writing & { readonly retry: RetryPolicy | undefined };

/** Writes a file of bytes, unless an interrupted run did. @returns the bytes that were held @throws what the backend throws */
export async function restoreBytes(
  { block, whole }: BlockJob & { readonly whole: PlannedFile },
  writing: BytesWriting,
): Promise<number> {
  const { target, journal, tally, doubts } = writing;
  const earlier = journal.done(target.name, block);
  if (earlier === undefined) {
    const outcome = await offered(whole, writing);
    tally.leaveOut(block, outcome.erased);
    await doubts.note(async () => {
      await journal.record(target.name, block, outcome);
      tally.note({ ...outcome, ...countRejected(whole.file, outcome.rejected) });
    });
  } else {
    tally.note(earlier);
    tally.leaveOut(block, earlier.erased);
  }
  tally.close(block);
  return 0;
}

/** A file that the server fails at is refused, if it takes others. */
async function offered(file: PlannedFile, writing: BytesWriting): Promise<BlockOutcome> {
  const { doubts, signal } = writing;
  try {
    const outcome = await writeBytes(file, writing);
    await doubts.settle();
    return outcome;
  } catch (error) {
    if (signal.aborted || !isOfThisCall(error)) throw error;
    doubts.add(error, false);
    const rejected = [{ line: file.file, reason: messageOf(error) }];
    return { written: {}, existing: {}, differing: [], rejected, problems: [] };
  }
}

/** No time limit: the guard around the hook ends one that stops reading. */
async function writeBytes(file: PlannedFile, writing: BytesWriting): Promise<BlockOutcome> {
  const { target, snapshot, signal, retry } = writing;
  await using edited = await editedOf(file, writing);
  const { restore } = target.open.backend;
  const { match } = target;
  const asked: RestoreFile = {
    file: file.file,
    size: edited?.size ?? sizeOf(file),
    counts: countsLess(file.counts, edited?.erased ?? {}),
    ...given({ match }),
  };
  const write = async () => {
    if (restore?.applyBytes === undefined) throw new Error(`${target.name} cannot restore ${file.file}`);
    return restore.applyBytes(asked, edited?.pieces() ?? piecesOf(file, snapshot, signal), signal);
  };
  const { written, existing = {}, rejected = [], problems = [] } = await patiently(write, signal, retry);
  return { written, existing, differing: [], rejected, problems, ...given({ erased: edited?.erased }) };
}

/** The file without what was erased, if anything in it was. */
async function editedOf(
  file: PlannedFile,
  { target, snapshot, journal, signal }: BytesWriting,
): Promise<EditedBytes | undefined> {
  const { stored } = target.open.backend;
  const { isErased } = snapshot;
  if (stored === undefined || isErased === undefined) return undefined;
  const of = { plugin: target.saved.name, file: file.file };
  return editedBytes({
    file: file.file,
    pieces: piecesOf(file, snapshot, signal),
    stored,
    isErased: (content) => isErased(of, content),
    directory: journal.directory,
    signal,
  });
}

const sizeOf = ({ blocks }: PlannedFile): number =>
  blocks.reduce((sum, { raw, bytes }) => sum + (raw ?? bytes), 0);

/** The file from its beginning, block by block, each checked against its checksum before it is passed on. */
async function* piecesOf(
  { blocks }: PlannedFile,
  snapshot: OpenSnapshot,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, Uint8Array | undefined> {
  let lent: Uint8Array | undefined;
  for (const block of blocks) {
    signal.throwIfAborted();
    lent = yield await snapshot.read(block, lent);
  }
}
