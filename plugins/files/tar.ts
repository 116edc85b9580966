/**
 * Headers of a tar archive, which `tar -x` reads without us. Names are bytes; what the old header has no room for is in a `pax`
 * one before it. https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
import type { FileLine } from "./line.ts";

/** Everything in an archive is in blocks of this size. */
const TAR_BLOCK = 512;
/** What ends an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * TAR_BLOCK);

/** How many bytes of zeros fill the last block. */
export const padding = (bytes: number): number => (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;

/** `0` a file, `1` another name of one, `2` a link, `5` a directory. */
type Type = "0" | "1" | "2" | "5";

/** One entry of an archive. */
export interface TarEntry {
  readonly type: Type;
  readonly path: Buffer;
  /** Bytes that follow the header. */
  readonly bytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** ns */
  readonly mtime: bigint;
  readonly link?: Buffer;
  readonly xattrs?: Readonly<Record<string, string>> | undefined;
  /** A file with holes: its whole size, and where its data belongs. */
  readonly sparse?: { readonly size: number; readonly data: NonNullable<FileLine["data"]> };
}

const NAME_BYTES = 100;
const OCTAL_7 = 0o7777777;
const OCTAL_11 = 0o77777777777;

/** The header of an entry, and the map of its holes if it has any: what comes before its bytes. */
export function tarHeader(entry: TarEntry): Buffer {
  const map = entry.sparse === undefined ? Buffer.alloc(0) : mapOf(entry.sparse);
  const bytes = entry.bytes + map.length;
  const pax = paxOf(entry, bytes);
  const own = [plainHeader({ ...entry, bytes }), map];
  if (pax.length === 0) return map.length === 0 ? plainHeader({ ...entry, bytes }) : Buffer.concat(own);
  const about = {
    type: "x",
    path: Buffer.from("pax"),
    bytes: pax.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0n,
  };
  return Buffer.concat([plainHeader(about), pax, Buffer.alloc(padding(pax.length)), ...own]);
}

function paxOf({ path, link, uid, gid, mtime, xattrs = {}, sparse }: TarEntry, bytes: number): Buffer {
  const records: Buffer[] = [];
  const add = (key: string, value: Uint8Array | string): void => void records.push(paxRecord(key, value));
  if (sparse === undefined && path.length > NAME_BYTES) add("path", path);
  if (link !== undefined && link.length > NAME_BYTES) add("linkpath", link);
  if (bytes > OCTAL_11) add("size", `${bytes}`);
  if (uid > OCTAL_7) add("uid", `${uid}`);
  if (gid > OCTAL_7) add("gid", `${gid}`);
  if (mtime < 0n || mtime / NS > BigInt(OCTAL_11)) add("mtime", `${mtime / NS}`);
  for (const [name, value] of Object.entries(xattrs))
    add(`SCHILY.xattr.${name}`, Buffer.from(value, "base64"));
  if (sparse !== undefined) {
    add("GNU.sparse.major", "1");
    add("GNU.sparse.minor", "0");
    add("GNU.sparse.name", path);
    add("GNU.sparse.realsize", `${sparse.size}`);
  }
  return Buffer.concat(records);
}

const NS = 1_000_000_000n;

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

function plainHeader({ type, path, bytes, mode, uid, gid, mtime, link }: Plain): Buffer {
  const header = Buffer.from(EMPTY);
  path.copy(header, 0, 0, NAME_BYTES);
  octal(header, 107, mode);
  octal(header, 115, uid > OCTAL_7 ? 0 : uid);
  octal(header, 123, gid > OCTAL_7 ? 0 : gid);
  octal(header, 135, bytes > OCTAL_11 ? 0 : bytes);
  const seconds = Number(mtime / NS);
  octal(header, 147, seconds < 0 || seconds > OCTAL_11 ? 0 : seconds);
  header[156] = type.charCodeAt(0);
  link?.copy(header, 157, 0, NAME_BYTES);
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK; at += 1) sum += header[at] ?? 0;
  // The sum is taken with blanks in its own place, and ends with a zero before the last of them.
  octal(header.fill("0", 148, 154), 154, sum);
  header[154] = 0;
  return header;
}

/** What is the same in all of them: numbers that are 0, blanks for the sum, and the format's name. */
const EMPTY = emptyHeader();

function emptyHeader(): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  for (const [from, to] of [
    [100, 107],
    [108, 115],
    [116, 123],
    [124, 135],
    [136, 147],
  ] as const)
    header.fill("0", from, to);
  header.fill(" ", 148, 156);
  header.write("ustar\u000000", 257, "latin1");
  return header;
}

/** Writes the digits so that they end before `end`. Faster than a text for each, of which an archive has very many. */
function octal(header: Buffer, end: number, number: number): void {
  for (let [at, rest] = [end - 1, number]; rest > 0; at -= 1) {
    header[at] = 48 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}
