/** A tar file (ustar, with the long names of GNU and pax), read in place: nothing is unpacked. */
import { given, PluginError } from "contextcore";
import { classified, readPart } from "./read-directory.ts";
import type { Entry, Source } from "./source.ts";

const BLOCK = 512;
const KINDS: Readonly<Record<string, Entry["kind"]>> = {
  "0": "file",
  "\0": "file",
  "5": "directory",
  "2": "link",
};

interface Placed {
  readonly entry: Entry;
  /** Where the content begins. */
  readonly offset: number;
}

export function readTar(path: string): Source {
  return {
    async *entries(signal) {
      for await (const { entry } of headers(path, signal)) yield entry;
    },
    async read(name, offset, bytes) {
      for await (const { entry, offset: begin } of headers(path, new AbortController().signal)) {
        if (entry.name !== name) continue;
        return classified(() =>
          readPart(path, begin + offset, Math.max(0, Math.min(bytes, entry.bytes - offset))),
        );
      }
      throw new PluginError("not-found", `${path} has no ${name}`);
    },
  };
}

async function* headers(path: string, signal: AbortSignal): AsyncGenerator<Placed> {
  let long: { name?: string; target?: string } = {};
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const block = await classified(() => readPart(path, position, BLOCK));
    if (block.length < BLOCK || block.every((byte) => byte === 0)) return;
    requireChecksum(block, path, position);
    const bytes = number(block, 124, 12);
    const type = text(block, 156, 1) || "0";
    const offset = position + BLOCK;
    const content = () => classified(() => readPart(path, offset, bytes));
    if (type === "L") long = { ...long, name: text(await content(), 0, bytes) };
    else if (type === "K") long = { ...long, target: text(await content(), 0, bytes) };
    else if (type === "x") long = { ...long, ...paxNames(await content()) };
    else {
      const kind = KINDS[type];
      if (kind !== undefined) yield { entry: entryOf(block, kind, long), offset };
      long = {};
    }
    position = offset + Math.ceil(bytes / BLOCK) * BLOCK;
  }
}

function entryOf(block: Uint8Array, kind: Entry["kind"], long: { name?: string; target?: string }): Entry {
  const prefix = text(block, 345, 155);
  const name = long.name ?? (prefix === "" ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`);
  return {
    name: name.replace(/^(\.\/)+|\/$/g, ""),
    kind,
    mode: number(block, 100, 8) & 0o7777,
    ...(kind === "directory" ? {} : { mtimeMs: number(block, 136, 12) * 1000 }),
    bytes: kind === "file" ? number(block, 124, 12) : 0,
    ...(kind === "link" ? { target: long.target ?? text(block, 157, 100) } : {}),
  };
}

/** `27 path=a/long/name\n`, one after another. */
function paxNames(content: Uint8Array): { name?: string; target?: string } {
  const records = new TextDecoder().decode(content).split("\n");
  const value = (key: string): string | undefined =>
    records
      .map((record) => record.replace(/^\d+ /, ""))
      .find((record) => record.startsWith(`${key}=`))
      ?.slice(key.length + 1);
  const [name, target] = [value("path"), value("linkpath")];
  return given({ name, target });
}

const text = (block: Uint8Array, start: number, length: number): string =>
  new TextDecoder().decode(block.subarray(start, start + length)).replace(/\0[\s\S]*$/, "");

/** Octal digits, or, where the first bit is set, a binary number (GNU, for more than 8 GiB). */
function number(block: Uint8Array, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) === 0) return Number.parseInt(text(block, start, length).trim() || "0", 8);
  return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Half a tar file, or none at all, must not look like an empty one. */
function requireChecksum(block: Uint8Array, path: string, position: number): void {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (sum === number(block, 148, 8)) return;
  throw new PluginError("invalid", `${path} is not a tar file, or is damaged at byte ${position}`);
}
