/** An archive that is written in pieces: one a block of the snapshot. */
import type { ByteRecords } from "contextcore";
import { padding, TAR_END } from "./tar.ts";

/** The archive of one export. */
export interface Pack {
  readonly file: string;
  /** Where the next byte will be. */
  offset(): number;
  /** Room for this many bytes at the next place; it counts once it is {@link Pack.take taken}. */
  room(bytes: number): Buffer;
  take(bytes: number): void;
  /** Appends bytes. */
  add(bytes: Uint8Array): void;
  /** Fills the last block of an entry. */
  pad(bytes: number): void;
  /** How much still fits into the present piece. */
  left(): number;
  /** The pieces that are full. Each is gone when the one after the next is asked for: what it lies in is used again. */
  full(): Iterable<ByteRecords>;
  /** The last pieces; none when nothing was added. */
  end(): Iterable<ByteRecords>;
}

/** @param file its name in the snapshot @param pieceBytes about how big a piece is */
export function createPack(file: string, pieceBytes: number): Pack {
  const full: Buffer[] = [];
  const spare: Buffer[] = [];
  let given: Buffer | undefined;
  let buffer: Buffer = Buffer.alloc(0);
  let [used, before] = [0, 0];
  const fresh = (bytes: number): Buffer => {
    const fits = bytes <= pieceBytes;
    return (fits ? spare.pop() : undefined) ?? Buffer.allocUnsafe(fits ? pieceBytes : bytes);
  };
  const close = (): void => {
    if (used > 0) full.push(buffer.subarray(0, used));
    before += used;
    [buffer, used] = [Buffer.alloc(0), 0];
  };
  function* giveAway(): Generator<ByteRecords> {
    for (let bytes = full.shift(); bytes !== undefined; bytes = full.shift()) {
      yield { kind: "bytes", file, bytes, isContent: true };
      if (given?.buffer.byteLength === pieceBytes) spare.push(Buffer.from(given.buffer));
      given = bytes;
    }
  }
  const pack: Pack = {
    file,
    offset: () => before + used,
    room(bytes) {
      if (used + bytes > buffer.length) {
        close();
        buffer = fresh(bytes);
      }
      return buffer.subarray(used, used + bytes);
    },
    take(bytes) {
      used += bytes;
    },
    add(bytes) {
      pack.room(bytes.length).set(bytes);
      used += bytes.length;
    },
    pad: (bytes) => pack.add(TAR_END.subarray(0, padding(bytes))),
    left: () => buffer.length - used,
    full: () => (full.length === 0 ? NOTHING : giveAway()),
    end() {
      if (before + used === 0) return NOTHING;
      pack.add(TAR_END);
      close();
      return giveAway();
    },
  };
  return pack;
}

const NOTHING: readonly ByteRecords[] = [];
