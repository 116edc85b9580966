/**
 * Reading any range of an encrypted file. An age file is a header, which holds the file's key for each recipient, 16 bytes of
 * nonce, and chunks of 64 KiB that are encrypted and authenticated one by one: a range needs only the chunks that it touches.
 * https://github.com/C2SP/C2SP/blob/main/age.md
 */
import { hkdfSync } from "node:crypto";
import { CHUNK, chunkNonce, TAG } from "./chunk.ts";
import { AgeError, OtherIdentityError } from "./error.ts";
import { chunkCipher, typage } from "./library.ts";
import type { ChunkCipher } from "./system-cipher.ts";

/** Stored bytes of which any range can be read. Bytes. */
export interface RangedBytes {
  readonly size: number;
  /** The bytes `[from, to)`, all of them. @param into where they may be put: as long as they are @throws what reading them throws */
  read(from: number, to: number, into?: Uint8Array): Promise<Uint8Array>;
}

const NONCE = 16;
const STORED_CHUNK = CHUNK + TAG;
/** Headers for a few recipients have some hundred bytes. Bytes. */
const HEADER_MAX = 64 * 1024;
const HEADER_FIRST = 4096;

/**
 * Opens an encrypted file for ranged reads. What it returns was authenticated; a file that was cut short, extended or put together
 * from others is refused no later than at its last chunk.
 * @throws AgeError when no identity fits, or the header is not one
 */
export async function openEncrypted(
  stored: RangedBytes,
  identities: readonly string[],
): Promise<RangedBytes> {
  const { header, rest } = await readHeader(stored);
  const fileKey = await openHeader(header, identities);
  const nonce = rest.length >= NONCE ? rest : await stored.read(header.length, header.length + NONCE);
  const key = new Uint8Array(hkdfSync("sha256", fileKey, nonce.subarray(0, NONCE), "payload", 32));
  const begin = header.length + NONCE;
  const chunks = chunksOf(stored.size - begin);
  const cipher = await chunkCipher();
  const size = stored.size - begin - chunks * TAG;
  return {
    size,
    async read(from, to, plain = new Uint8Array(Math.max(0, to - from))) {
      if (from < 0 || to > size || from > to)
        throw new AgeError(`bytes ${from} to ${to} of a file of ${size}`);
      if (from === to) return plain;
      const [first, last] = [Math.floor(from / CHUNK), Math.floor((to - 1) / CHUNK)];
      const [at, end] = [begin + first * STORED_CHUNK, begin + (last + 1) * STORED_CHUNK];
      await withRoom(Math.min(end, stored.size) - at, async (room) => {
        const bytes = await stored.read(at, at + room.length, room);
        for (let number = first; number <= last; number += 1) {
          const chunk = bytes.subarray((number - first) * STORED_CHUNK).subarray(0, STORED_CHUNK);
          const opened = cipher(key, chunkNonce(number, number === chunks - 1));
          decryptInto(plain, { opened, chunk, at: number * CHUNK - from });
        }
      });
      return plain;
    },
  };
}

/** What is read is encrypted, and of no use after that: so the memory for it is. */
let room = new Uint8Array(0);

/** Works with memory of this length, which nobody else uses meanwhile. */
async function withRoom(length: number, work: (room: Uint8Array) => Promise<void>): Promise<void> {
  const own = room.length >= length ? room : new Uint8Array(length);
  room = new Uint8Array(0);
  await work(own.subarray(0, length));
  room = own;
}

interface Sealed {
  readonly opened: ReturnType<ChunkCipher>;
  readonly chunk: Uint8Array;
  /** Where its first byte belongs in the plain bytes: before them, if not all of it is wanted. */
  readonly at: number;
}

function decryptInto(plain: Uint8Array, { opened, chunk, at }: Sealed): void {
  const end = at + chunk.length - TAG;
  const isWanted = at >= 0 && end <= plain.length;
  const whole = decryptChunk(opened, chunk, isWanted ? plain.subarray(at, end) : undefined);
  if (!isWanted) plain.set(whole.subarray(Math.max(0, -at), plain.length - at), Math.max(0, at));
}

/** How many chunks so many bytes are. @throws AgeError when they cannot be chunks */
function chunksOf(bytes: number): number {
  const chunks = Math.ceil(bytes / STORED_CHUNK);
  const last = bytes - (chunks - 1) * STORED_CHUNK;
  // Only an empty file has an empty chunk.
  if (bytes < TAG || last < TAG || (last === TAG && chunks > 1)) throw new AgeError(CUT_SHORT);
  return chunks;
}

const CUT_SHORT = "the encrypted file is damaged: it is cut short";

function decryptChunk(
  opened: ReturnType<ChunkCipher>,
  chunk: Uint8Array,
  into: Uint8Array | undefined,
): Uint8Array {
  try {
    return opened.decrypt(chunk, into);
  } catch (cause) {
    throw new AgeError("the encrypted file is damaged: a part of it is not what was encrypted", { cause });
  }
}

/** The header with its MAC, and what was read behind it. */
async function readHeader(stored: RangedBytes): Promise<{ header: Uint8Array; rest: Uint8Array }> {
  for (let length = HEADER_FIRST; ; length *= 4) {
    const bytes = Buffer.from(await stored.read(0, Math.min(length, stored.size)));
    const mac = bytes.indexOf("\n--- ");
    const end = mac < 0 ? -1 : bytes.indexOf("\n", mac + 1);
    if (end >= 0) return { header: bytes.subarray(0, end + 1), rest: bytes.subarray(end + 1) };
    if (length >= Math.min(HEADER_MAX, stored.size))
      throw new AgeError("it is not encrypted with age, or its header is damaged");
  }
}

async function openHeader(header: Uint8Array, identities: readonly string[]): Promise<Uint8Array> {
  const { Decrypter } = await typage();
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decryptHeader(header);
  } catch (cause) {
    const isOthers = cause instanceof Error && cause.message.startsWith("no identity matched");
    if (isOthers) throw new OtherIdentityError("no identity that was given opens it", { cause });
    throw new AgeError("its header is damaged", { cause });
  }
}
