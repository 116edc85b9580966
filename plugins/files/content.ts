/** Reads a file into an archive. One that fits into a piece is read again if it changes meanwhile; of a larger one that is told. */
import { constants, readSync } from "node:fs";
import type { FileLine } from "./line.ts";
import type { Pack } from "./pack.ts";
import { isSame, type Stat, statOf } from "./stat.ts";
import { attributesOf, dataIn, openQuickly } from "./system.ts";
import { padding, tarHeader } from "./tar.ts";
import type { Found } from "./walk.ts";

/** What was read of a file. */
export interface Taken extends Pick<FileLine, "content" | "data" | "xattrs"> {
  readonly stat: Stat;
  /** It changed while it was read, so it may be a mixture. */
  readonly isMixed: boolean;
}

/** Where content with this checksum is saved already, if it is. */
type Held = (sha256: string) => FileLine["content"] | undefined;

/** Work that stops now and then, so that what is full can be given away and something else be done. */
export type Paused<Result> = Generator<undefined, Result>;

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Opens a file, and nothing that took its place. @throws the system's error */
export const openFile = ({ parent, name }: Found): number =>
  // A pipe that took its place would keep us waiting for ever.
  openQuickly(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

/** Most that is read at once, so that one long file does not stop everything else. */
const READ_BYTES = 1 << 20;
/** How often a file that changes is read. */
const ATTEMPTS = 3;

/** Where an open file is read to. */
interface Into {
  readonly pack: Pack;
  /** What the archive calls it. */
  readonly path: Buffer;
  /** Absent: files are told apart by their times, and this one has changed. */
  readonly held?: Held | undefined;
}

const hasHoles = ({ bytes, size }: Stat): boolean => bytes < size;

/** Reads a file into its place in the archive, again if it changes meanwhile. @returns `undefined` when it is too large for that */
export function takeSmall(file: number, before: Stat, { pack, path, held }: Into): Taken | undefined {
  let stat = before;
  for (let attempt = 1; stat.size <= READ_BYTES && !hasHoles(stat); attempt += 1) {
    const { size } = stat;
    const xattrs = attributesOf(file);
    const header = tarHeader({ owned: stat, path, type: "0", bytes: size, xattrs });
    const place = pack.room(header.length + size + padding(size));
    const isWhole = readWhole(file, place.subarray(header.length, header.length + size), 0) === size;
    const now = statOf(file);
    const isMixed = !isSame(now, stat);
    if (isWhole && (!isMixed || attempt >= ATTEMPTS))
      return { content: keep(pack, { header, place, size }, held), xattrs, stat, isMixed };
    stat = now;
  }
  return undefined;
}

interface Read {
  readonly header: Buffer;
  readonly place: Buffer;
  readonly size: number;
}

/** What was read counts, unless the same is saved already. */
function keep(pack: Pack, { header, place, size }: Read, held: Held | undefined): FileLine["content"] {
  const sha256 = Bun.SHA256.hash(place.subarray(header.length, header.length + size), "hex");
  const there = size === 0 ? undefined : held?.(sha256);
  if (there !== undefined) return there;
  const offset = pack.offset() + header.length;
  place.set(header);
  place.fill(0, header.length + size);
  pack.take(place.length);
  return size === 0 ? undefined : { file: pack.file, offset, bytes: size, sha256 };
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

/** Reads a file of any size, and with holes, into the archive. */
export function* takeLarge(file: number, stat: Stat, { pack, path, held }: Into): Paused<Taken> {
  const { size } = stat;
  const data = hasHoles(stat) ? dataIn(file, size) : [[0, size] as const];
  const isSparse = !(data.length === 1 && data[0]?.[1] === size);
  const bytes = data.reduce((sum, [, length]) => sum + length, 0);
  const xattrs = attributesOf(file);
  const holes = data.map(([at, length]): [number, number] => [at, length]);
  const extra = { ...(isSparse && { data: holes }), xattrs };
  const there = held?.(yield* hashOf(file, data));
  if (there !== undefined) return { ...extra, content: there, stat, isMixed: !isSame(statOf(file), stat) };
  const sparse = isSparse ? { sparse: { size, data: holes } } : {};
  pack.add(tarHeader({ owned: stat, path, type: "0", bytes, xattrs, ...sparse }));
  const offset = pack.offset();
  const hash = new Bun.CryptoHasher("sha256");
  const part = createPart(file);
  for (const [at, length] of data)
    for (let done = 0; done < length; ) {
      const most = Math.min(length - done, READ_BYTES);
      const place = pack.room(pack.left() >= 65_536 ? Math.min(most, pack.left()) : most);
      // It became shorter meanwhile: what the archive promised is filled with zeros.
      place.fill(0, part.read(place, at + done));
      hash.update(place);
      pack.take(place.length);
      done += place.length;
      yield;
    }
  pack.pad(bytes);
  part.requireRead();
  const content = { file: pack.file, offset, bytes, sha256: hash.digest("hex") };
  return { ...extra, ...(bytes > 0 && { content }), stat, isMixed: !isSame(statOf(file), stat) };
}

/** A file whose header is written: when it cannot be read on, its place is filled all the same, so that `tar` finds the next one. */
function createPart(file: number) {
  let failure: unknown;
  return {
    read(into: Uint8Array, position: number): number {
      if (failure !== undefined) return 0;
      try {
        return readWhole(file, into, position);
      } catch (error) {
        failure = error;
        return 0;
      }
    },
    /** @throws what the system said when it could not be read */
    requireRead(): void {
      if (failure !== undefined) throw failure;
    },
  };
}

function* hashOf(file: number, data: readonly (readonly [number, number])[]): Paused<string> {
  const hash = new Bun.CryptoHasher("sha256");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (const [at, length] of data)
    for (let done = 0; done < length; done += READ_BYTES) {
      const part = buffer.subarray(0, Math.min(READ_BYTES, length - done));
      part.fill(0, readWhole(file, part, at + done));
      hash.update(part);
      yield;
    }
  return hash.digest("hex");
}
