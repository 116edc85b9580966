/** Files of bytes: each is given to its backend whole, as a stream, and is written or not. */
import type { RestoreFile } from "../contract/contract.ts";
import { patiently } from "../engine/patiently.ts";
import type { RetryPolicy } from "../engine/retry.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import type { BlockOutcome } from "./journal.ts";
import type { RestoreTarget } from "./plan.ts";
import type { PlannedFile } from "./select.ts";

/** How one such file is written. */
export interface BytesOptions {
  readonly snapshot: OpenSnapshot;
  readonly target: RestoreTarget;
  readonly signal: AbortSignal;
  readonly retry: RetryPolicy | undefined;
}

/** Writes the file. @throws what the backend throws, or SnapshotError when the file was damaged meanwhile */
export async function writeBytes(file: PlannedFile, options: BytesOptions): Promise<BlockOutcome> {
  const { target, signal, retry } = options;
  const { restore } = target.open.backend;
  const asked: RestoreFile = { file: file.file, size: sizeOf(file), counts: file.counts };
  const write = async () => {
    if (restore?.applyBytes === undefined) throw new Error(`${target.name} cannot put back ${file.file}`);
    return restore.applyBytes(asked, piecesOf(file, options), signal);
  };
  const { written, existing = {}, rejected = [], problems = [] } = await patiently(write, signal, retry);
  return { written, existing, rejected, problems };
}

const sizeOf = ({ blocks }: PlannedFile): number =>
  blocks.reduce((sum, { raw, bytes }) => sum + (raw ?? bytes), 0);

/** The file from its beginning, block by block: each is compared with its checksum before it is handed out. */
async function* piecesOf(
  { blocks }: PlannedFile,
  { snapshot, signal }: BytesOptions,
): AsyncGenerator<Uint8Array> {
  for (const block of blocks) {
    signal.throwIfAborted();
    yield await snapshot.read(block);
  }
}
