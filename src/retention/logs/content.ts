/** The bytes of a log file, in pieces, compressed or not. */
import { pipeline } from "node:stream/promises";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import type { Level } from "../../config/logs.ts";
import type { OpenedFile } from "../../storage/replaced-file.ts";
import { sleep } from "../../units/sleep.ts";
import { requireWhole } from "./frames.ts";
import { scanLevels } from "./level.ts";
import type { RotatedName } from "./name.ts";
import { deciding, type LogPolicy } from "./policy.ts";

/** As much is read at once. Bytes */
const PIECE_BYTES = 4 << 20;

/** What is in the file, from its beginning. Each piece is gone when the next one is asked for. @throws what the system throws */
export async function* piecesOf(file: OpenedFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { bytes } = file.entry();
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(bytes, 1)));
  for (let at = 0; ; ) {
    await sleep(0, signal);
    const read = file.read(room, at);
    if (read > 0) yield room.subarray(0, read);
    at += read;
    if (read < room.length) return;
  }
}

/** What a decoder may keep of what it wrote. `zstd -19` needs 8 MiB, `--long` 128. As a power of two, bytes */
const WINDOW_LOG_MAX = 25;
const zstd = () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } });

interface Unpacking {
  readonly coding: "zstd" | "gzip";
  /** What comes out at most: a little that is compressed may become very much. Bytes */
  readonly most: number;
  readonly signal: AbortSignal;
}

/** What was compressed. @throws an error when it is damaged, cut off, or more than it may be */
export async function* unpacked(
  file: OpenedFile,
  { coding, most, signal }: Unpacking,
): AsyncGenerator<Uint8Array> {
  if (coding === "zstd") await requireWhole(file, signal);
  const stream = coding === "zstd" ? zstd() : createGunzip();
  const fed = pipeline(copied(piecesOf(file, signal)), stream);
  // Whoever reads hears of it.
  fed.catch(() => {});
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted();
    bytes += piece.length;
    if (bytes > most) throw new Error(`it holds more than ${most} bytes`);
    yield piece;
  }
  await fed;
}

/** A piece may wait in the stream for longer than its bytes are there. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield new Uint8Array(piece);
}

/** No log that anybody reads is smaller by more. */
const RATIO_MAX = 1_000;
const ALWAYS_BYTES = 64 << 20;

interface Deciding extends Pick<RotatedName, "coding"> {
  readonly policy: LogPolicy;
  readonly signal: AbortSignal;
}

/** The level that decides how long the file is kept; `undefined`: no line says one, or it cannot be read. */
export async function levelOf(
  file: OpenedFile,
  { coding, policy, signal }: Deciding,
): Promise<Level | undefined> {
  if (coding === "other") return undefined;
  const scan = scanLevels();
  const most = Math.max(ALWAYS_BYTES, file.entry().bytes * RATIO_MAX);
  try {
    for await (const piece of coding === undefined
      ? piecesOf(file, signal)
      : unpacked(file, { coding, most, signal })) {
      scan.add(piece);
      const [longest] = policy.longestFirst;
      if (longest !== undefined && scan.found().has(longest)) return longest;
    }
  } catch {
    signal.throwIfAborted();
    // It is damaged, or changed meanwhile: what cannot be read is kept as long as any.
    return undefined;
  }
  return deciding(policy, scan.found());
}
