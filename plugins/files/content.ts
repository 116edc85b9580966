/** Reads a file into an archive. One that fits into a piece is read again if it changes meanwhile; of a larger one that is told. */
import { closeSync, constants, openSync, readSync } from "node:fs";
import type { ByteRecords } from "contextcore";
import type { FileLine } from "./line.ts";
import type { Pack } from "./pack.ts";
import { isSame, type Stat, statOf } from "./stat.ts";
import { attributesOf, dataIn } from "./system.ts";
import { padding, type TarEntry, tarHeader } from "./tar.ts";
import type { Found } from "./walk.ts";

/** What was read of a file. */
interface Taken extends Pick<FileLine, "content" | "data" | "xattrs"> {
  readonly stat: Stat;
  /** It changed while it was read, so it may be a mixture. */
  readonly isMixed?: boolean;
}

/** Where content with this checksum is saved already, if it is. */
type Held = (sha256: string) => FileLine["content"] | undefined;

/** A piece of the archive; `undefined`: something else may be done in between. */
export type Piece = ByteRecords | undefined;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Opens a file, and nothing that took its place. @throws the system's error */
function* opened<Result>(
  { parent, name }: Found,
  work: (file: number) => Generator<Piece, Result>,
): Generator<Piece, Result> {
  // A pipe that took its place would keep us waiting for ever.
  const file = openSync(parent.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    return yield* work(file);
  } finally {
    closeSync(file);
  }
}

/** Most that is read at once, so that one long file does not stop everything else. */
const READ_BYTES = 1 << 20;
/** How often a file that changes is read. */
const ATTEMPTS = 3;

/** Reads a file into the archive. @param entry how the archive names it @param held whether its content is saved already */
export const takeFile = (
  found: Found,
  pack: Pack,
  entry: Pick<TarEntry, "path" | "link">,
  held?: Held,
): Generator<Piece, Taken | "special"> =>
  opened(found, function* (file) {
    let stat = statOf(file);
    if (stat.kind !== "file") return "special";
    for (let attempt = 1; stat.size <= READ_BYTES && !hasHoles(stat); attempt += 1) {
      const taken = yield* takeSmall(file, stat, { pack, entry, held });
      const now = statOf(file);
      if (taken !== undefined && isSame(now, stat)) return { ...taken.finish(), stat };
      if (attempt === ATTEMPTS && taken !== undefined) return { ...taken.finish(), stat, isMixed: true };
      stat = now;
    }
    return yield* takeLarge(file, stat, { pack, entry, held });
  });

interface Into {
  readonly pack: Pack;
  readonly entry: Pick<TarEntry, "path" | "link">;
  /** Absent: files are told apart by their times, and this one has changed. */
  readonly held: Held | undefined;
}

const hasHoles = ({ bytes, size }: Stat): boolean => bytes < size;

/** Reads it into its place, which counts when it is finished. @returns `undefined` when it became shorter meanwhile */
function* takeSmall(file: number, stat: Stat, { pack, entry, held }: Into) {
  const size = stat.size;
  const xattrs = attributesOf(file);
  const header = tarHeader({ ...ownedBy(stat), ...entry, type: "0", bytes: size, xattrs });
  const place = yield* pack.room(header.length + size + padding(size));
  const bytes = place.subarray(header.length, header.length + size);
  if (readWhole(file, bytes, 0) < size) return undefined;
  return {
    finish(): Pick<Taken, "content" | "xattrs"> {
      const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      const there = size === 0 ? undefined : held?.(sha256);
      if (there !== undefined) return { content: there, ...(xattrs && { xattrs }) };
      const offset = pack.offset() + header.length;
      place.set(header);
      place.fill(0, header.length + size);
      pack.take(place.length);
      const content = { file: pack.file, offset, bytes: size, sha256 };
      return { ...(size > 0 && { content }), ...(xattrs && { xattrs }) };
    },
  };
}

function readWhole(file: number, into: Uint8Array, position: number): number {
  let read = 0;
  while (read < into.length) {
    const more = readSync(file, into, read, into.length - read, position + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}

function* takeLarge(file: number, stat: Stat, { pack, entry, held }: Into): Generator<Piece, Taken> {
  const size = stat.size;
  const data = hasHoles(stat) ? dataIn(file, size) : [[0, size] as const];
  const isSparse = !(data.length === 1 && data[0]?.[1] === size);
  const bytes = data.reduce((sum, [, length]) => sum + length, 0);
  const xattrs = attributesOf(file);
  const extra = {
    ...(isSparse && { data: data.map(([at, length]): [number, number] => [at, length]) }),
    ...(xattrs && { xattrs }),
  };
  const there = held?.(yield* hashOf(file, data));
  if (there !== undefined) return { ...extra, content: there, stat, isMixed: !isSame(statOf(file), stat) };
  const sparse = isSparse ? { sparse: { size, data: extra.data ?? [] } } : {};
  yield* pack.add(tarHeader({ ...ownedBy(stat), ...entry, type: "0", bytes, xattrs, ...sparse }));
  const offset = pack.offset();
  const hash = new Bun.CryptoHasher("sha256");
  for (const [at, length] of data)
    for (let done = 0; done < length; ) {
      const most = Math.min(length - done, READ_BYTES);
      const place = yield* pack.room(pack.left() >= 65_536 ? Math.min(most, pack.left()) : most);
      // It became shorter meanwhile: what the archive promised is filled with zeros.
      place.fill(0, readWhole(file, place, at + done));
      hash.update(place);
      pack.take(place.length);
      done += place.length;
    }
  yield* pack.pad(bytes);
  const content = { file: pack.file, offset, bytes, sha256: hash.digest("hex") };
  return { ...extra, ...(bytes > 0 && { content }), stat, isMixed: !isSame(statOf(file), stat) };
}

function* hashOf(file: number, data: readonly (readonly [number, number])[]): Generator<Piece, string> {
  const hash = new Bun.CryptoHasher("sha256");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (const [at, length] of data)
    for (let done = 0; done < length; done += READ_BYTES) {
      const part = buffer.subarray(0, Math.min(READ_BYTES, length - done));
      part.fill(0, readWhole(file, part, at + done));
      hash.update(part);
      yield undefined;
    }
  return hash.digest("hex");
}

/** What a header says of whose a file is. */
export const ownedBy = ({ mode, uid, gid, mtime }: Stat) => ({ mode, uid, gid, mtime });
