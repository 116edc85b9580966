/** A file of bytes without the records in it that were erased since it was saved: unpacked on this machine, and edited by its backend. */
import { join } from "node:path";
import type { Counts, Json, StoredData, UnpackedFile } from "../contract/contract.ts";
import { localStorage } from "../storage/local.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import type { Storage } from "../storage/storage.ts";
import { discardDirectory } from "../storage/whole-directory.ts";

/** What is left of a file. Dispose of it when it is written. */
export interface EditedBytes extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** What is gone, by unit. */
  readonly erased: Counts;
  /** From its beginning. */
  pieces(): AsyncGenerator<Uint8Array, void, Uint8Array | undefined>;
}

/** What is edited, by whom, and where. */
interface EditingRequest {
  /** As the plugin knows it. */
  readonly file: string;
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly stored: StoredData;
  readonly isErased: (content: string) => boolean;
  /** The restore's. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Its only file. */
const NAME = "file";

/** Edits it. @returns `undefined` when nothing in it was erased @throws SnapshotError at damage; what the backend throws */
export async function editedBytes(request: EditingRequest): Promise<EditedBytes | undefined> {
  const folder = join(request.directory, ".unpacked", crypto.randomUUID());
  makeOwnDirectory(request.directory, folder, 0o700);
  const files = localStorage(folder);
  const close = (): Promise<void> => discardDirectory(folder);
  try {
    await unpack(files, request);
    const erased = await eraseIn({ file: request.file, path: files.shown(NAME) }, request);
    if (erased !== undefined) return { ...(await whole(files)), erased, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return undefined;
}

/** Removes what this run, or an interrupted one, has unpacked. */
export const discardUnpacked = (directory: string): Promise<void> =>
  discardDirectory(join(directory, ".unpacked"));

async function unpack(files: Storage, { pieces, signal }: EditingRequest): Promise<void> {
  const into = await files.append(NAME, 0);
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      await into.append(piece);
    }
  } finally {
    await into.close();
  }
}

async function eraseIn(
  file: UnpackedFile,
  { stored, isErased, signal }: EditingRequest,
): Promise<Counts | undefined> {
  const references: Json[] = [];
  for await (const { content, reference } of stored.records(file, signal))
    if (isErased(content)) references.push(reference);
  return references.length === 0 ? undefined : (await stored.erase(file, references, signal)).counts;
}

const PIECE_BYTES = 1 << 20;

async function whole(files: Storage): Promise<Pick<EditedBytes, "size" | "pieces">> {
  const size = (await files.stat(NAME))?.bytes ?? 0;
  return {
    size,
    async *pieces() {
      const file = await files.open(NAME);
      try {
        let lent: Uint8Array | undefined;
        for (let at = 0; at < size; ) {
          const room =
            lent?.subarray(0, size - at) ?? Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, size - at));
          const read = await file.read(room, at);
          if (read === 0) throw new Error(`${files.shown(NAME)} was cut short while it was read`);
          at += read;
          lent = yield room.subarray(0, read);
        }
      } finally {
        await file.close();
      }
    },
  };
}
