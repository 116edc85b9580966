/** The bytes of a log file, in pieces, compressed or not. */
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Level } from "../../config/logs.ts";
import type { OpenedFile } from "../../storage/replaced-file.ts";
import { sleep } from "../../units/sleep.ts";
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

/** What was compressed. @throws an error when it is damaged or cut off */
export async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  coding: "zstd" | "gzip",
): AsyncGenerator<Uint8Array> {
  const stream = coding === "zstd" ? createZstdDecompress() : createGunzip();
  const fed = pipeline(copied(pieces), stream);
  // Whoever reads hears of it.
  fed.catch(() => {});
  yield* stream;
  await fed;
}

/** A piece may wait in the stream for longer than its bytes are there. */
async function* copied(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield new Uint8Array(piece);
}

/** The level that decides how long the file is kept; `undefined`: no line says one, or it cannot be read. */
export async function levelOf(
  file: OpenedFile,
  {
    coding,
    policy,
    signal,
  }: Pick<RotatedName, "coding"> & { readonly policy: LogPolicy; readonly signal: AbortSignal },
): Promise<Level | undefined> {
  if (coding === "other") return undefined;
  const scan = scanLevels();
  const pieces = piecesOf(file, signal);
  try {
    for await (const piece of coding === undefined ? pieces : unpacked(pieces, coding)) {
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
