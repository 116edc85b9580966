/**
 * Headers of a tar archive, which `tar -x` reads without us. Names are bytes; what the old header has no room for is in a `pax`
 * one before it. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
import type { FileLine } from "./line.ts";
import type { Moment } from "./stat.ts";

/** Everything in an archive is in blocks of this size. */
const TAR_BLOCK = 512;
/** What ends an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * TAR_BLOCK);

/** How many bytes of zeros fill the last block. */
export const padding = (bytes: number): number => (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;

/** `0` a file, `1` another name of one, `2` a link, `5` a directory. */
type Type = "0" | "1" | "2" | "5";

/** What a header says of whose something is. */
interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Moment;
}

/** One entry of an archive. */
interface TarEntry {
  readonly type: Type;
  readonly path: Buffer;
  /** Bytes that follow the header. */
  readonly bytes: number;
  readonly owned: Owned;
  readonly link?: Buffer;
  readonly xattrs?: Readonly<Record<string, string>> | undefined;
  /** A file with holes: its whole size, and where its data belongs. */
  readonly sparse?: { readonly size: number; readonly data: NonNullable<FileLine["data"]> };
}

const NAME_BYTES = 100;
const OCTAL_7 = 0o7777777;
const OCTAL_11 = 0o77777777777;

const NOBODY: Owned = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, ns: 0 } };

/** The header of an entry, and the map of its holes if it has any: what comes before its bytes. The next call may write over it. */
export function tarHeader(entry: TarEntry): Buffer {
  const map = entry.sparse === undefined ? undefined : mapOf(entry.sparse);
  const bytes = entry.bytes + (map?.length ?? 0);
  const records = paxOf(entry, bytes);
  if (records.length === 0 && map === undefined) return plainHeader(entry);
  const pax = Buffer.concat(records);
  const about = { type: "x", path: Buffer.from("pax"), bytes: pax.length, owned: NOBODY };
  const before =
    pax.length === 0 ? [] : [Buffer.from(plainHeader(about)), pax, Buffer.alloc(padding(pax.length))];
  return Buffer.concat([...before, plainHeader({ ...entry, bytes }), map ?? Buffer.alloc(0)]);
}

function paxOf({ path, link, owned, xattrs, sparse }: TarEntry, bytes: number): Buffer[] {
  const { uid, gid, mtime } = owned;
  const records: Buffer[] = [];
  const add = (key: string, value: Uint8Array | string): void => void records.push(paxRecord(key, value));
  if (sparse === undefined && path.length > NAME_BYTES) add("path", path);
  if (link !== undefined && link.length > NAME_BYTES) add("linkpath", link);
  if (bytes > OCTAL_11) add("size", `${bytes}`);
  if (uid > OCTAL_7) add("uid", `${uid}`);
  if (gid > OCTAL_7) add("gid", `${gid}`);
  if (mtime.seconds < 0 || mtime.seconds > OCTAL_11) add("mtime", `${mtime.seconds}`);
  for (const [name, value] of Object.entries(xattrs ?? {}))
    add(`SCHILY.xattr.${name}`, Buffer.from(value, "base64"));
  if (sparse !== undefined) {
    add("GNU.sparse.major", "1");
    add("GNU.sparse.minor", "0");
    add("GNU.sparse.name", path);
    add("GNU.sparse.realsize", `${sparse.size}`);
  }
  return records;
}

/** Its own length is a part of what is counted. */
function paxRecord(key: string, value: Uint8Array | string): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return Buffer.concat([Buffer.from(`${length}`), rest]);
}

/** Without an entry for its end, `tar` would cut off a hole there. */
function mapOf({ size, data }: NonNullable<TarEntry["sparse"]>): Buffer {
  const [at, length] = data.at(-1) ?? [0, 0];
  const all = at + length < size ? [...data, [size, 0]] : data;
  const text = Buffer.from([all.length, ...all.flat()].map((number) => `${number}\n`).join(""));
  return Buffer.concat([text, Buffer.alloc(padding(text.length))]);
}

type Plain = Omit<TarEntry, "type" | "xattrs" | "sparse"> & { readonly type: string };

/** One for all, since an archive has very many. */
const header = Buffer.alloc(TAR_BLOCK);

function plainHeader({ type, path, bytes, owned, link }: Plain): Buffer {
  const { mode, uid, gid, mtime } = owned;
  const { seconds } = mtime;
  header.set(EMPTY);
  path.copy(header, 0, 0, NAME_BYTES);
  octal(107, mode);
  octal(115, uid > OCTAL_7 ? 0 : uid);
  octal(123, gid > OCTAL_7 ? 0 : gid);
  octal(135, bytes > OCTAL_11 ? 0 : bytes);
  octal(147, seconds < 0 || seconds > OCTAL_11 ? 0 : seconds);
  header[156] = type.charCodeAt(0);
  link?.copy(header, 157, 0, NAME_BYTES);
  const ofNames = sumOf(0, Math.min(path.length, NAME_BYTES)) + (link === undefined ? 0 : sumOf(157, 257));
  const sum = ofNames + sumOf(NAME_BYTES, 148) + sumOf(156, 157) + SUM_OF_REST;
  octal(154, sum);
  return header;
}

function sumOf(from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += header[at] ?? 0;
  return sum;
}

/** What is the same in all of them: numbers that are 0, and the format's name. A sum ends with a zero and a blank. */
const EMPTY = emptyHeader();
/** A sum is taken with blanks in its own place. */
const SUM_OF_REST = EMPTY.subarray(257).reduce((sum, byte) => sum + byte, 8 * " ".charCodeAt(0));

function emptyHeader(): Buffer {
  const empty = Buffer.alloc(TAR_BLOCK);
  for (const [from, to] of [
    [100, 107],
    [108, 115],
    [116, 123],
    [124, 135],
    [136, 147],
    [148, 154],
  ] as const)
    empty.fill("0", from, to);
  empty[155] = " ".charCodeAt(0);
  empty.write("ustar\u000000", 257, "latin1");
  return empty;
}

/** Writes the digits so that they end before `end`. Faster than a text for each, of which an archive has very many. */
function octal(end: number, number: number): void {
  let rest = number;
  for (let at = end - 1; rest > 0; at -= 1) {
    header[at] = 48 + (rest % 8);
    rest = rest <= 0x7fffffff ? rest >> 3 : Math.floor(rest / 8);
  }
}
