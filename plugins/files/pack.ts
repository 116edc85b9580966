/** An archive that is written in pieces: one a block of the snapshot. */
import type { ByteRecords } from "contextcore";
import { padding, TAR_END } from "./tar.ts";

/** The archive of one export. */
export interface Pack {
  readonly file: string;
  /** Where the next byte will be. */
  offset(): number;
  /** Room for this many bytes at the next place; it counts once it is {@link Pack.take taken}. Yields a piece that is full. */
  room(bytes: number): Generator<ByteRecords, Buffer>;
  take(bytes: number): void;
  /** Appends bytes. */
  add(bytes: Uint8Array): Generator<ByteRecords>;
  /** Fills the last block of an entry. */
  pad(bytes: number): Generator<ByteRecords>;
  /** How much still fits into the present piece. */
  left(): number;
  /** The last piece; nothing when nothing was added. */
  end(): Generator<ByteRecords>;
}

/** @param file its name in the snapshot @param pieceBytes about how big a piece is */
export function createPack(file: string, pieceBytes: number): Pack {
  let buffer = Buffer.alloc(0);
  let [used, before] = [0, 0];
  function* flush(): Generator<ByteRecords> {
    if (used > 0) yield { kind: "bytes", file, bytes: buffer.subarray(0, used), isContent: true };
    before += used;
    [buffer, used] = [Buffer.alloc(0), 0];
  }
  const take = (bytes: number): void => {
    used += bytes;
  };
  function* room(bytes: number): Generator<ByteRecords, Buffer> {
    if (used + bytes > buffer.length) {
      yield* flush();
      buffer = Buffer.allocUnsafe(Math.max(bytes, pieceBytes));
    }
    return buffer.subarray(used, used + bytes);
  }
  function* add(bytes: Uint8Array): Generator<ByteRecords> {
    const place = yield* room(bytes.length);
    place.set(bytes);
    take(bytes.length);
  }
  return {
    file,
    offset: () => before + used,
    room,
    take,
    add,
    pad: (bytes) => add(TAR_END.subarray(0, padding(bytes))),
    left: () => buffer.length - used,
    *end() {
      if (before + used === 0) return;
      yield* add(TAR_END);
      yield* flush();
    },
  };
}
