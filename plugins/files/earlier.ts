/** What the snapshot that an export continues has of the tree. */
import { v } from "contextcore";
import { type FileLine, parseTreeLine } from "./line.ts";
import type { Stat } from "./stat.ts";

/** The tree as it was. */
export interface Earlier {
  /** The line of something that has not changed since then. */
  lineOf(path: string, stat: Stat): string | undefined;
  /** Where the content of a file was saved. */
  contentOf(path: string): FileLine["content"] | undefined;
  /** A name for an archive that none has which the tree names. @param to ns */
  freeName(to: bigint): string;
}

/** Nothing: everything is saved. */
export const NOTHING: Earlier = {
  lineOf: () => undefined,
  contentOf: () => undefined,
  freeName: archiveName,
};

const seenLine = v.object({ path: v.string(), seen: v.string() });
const treeLine = v.object({
  path: v.string(),
  type: v.string(),
  content: v.optional(v.object({ file: v.string() })),
});

/** Reads what is known of the files, and then the tree. @throws PluginError when it is neither */
export async function readEarlier(text: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Earlier> {
  const seen = new Map<string, string>();
  const lines = new Map<string, string>();
  const names = new Set<string>();
  for await (const line of linesIn(text)) {
    signal.throwIfAborted();
    const value: unknown = JSON.parse(line);
    // One schema for both would try the wrong one first on every second line.
    const one = v.parse(Object.hasOwn(Object(value), "seen") ? seenLine : treeLine, value);
    if ("seen" in one) seen.set(one.path, one.seen);
    else lines.set(one.path, `${line}\n`);
    if ("content" in one && one.content !== undefined) names.add(one.content.file);
  }
  return {
    lineOf: (path, { ino, size, ctime }) =>
      seen.get(path) === `${ino} ${size} ${ctime}` ? lines.get(path) : undefined,
    contentOf(path) {
      const line = lines.get(path);
      const known = line === undefined ? undefined : parseTreeLine(line);
      return known?.type === "file" ? known.content : undefined;
    },
    freeName(to) {
      let name = archiveName(to);
      for (let number = 2; names.has(name); number += 1) name = archiveName(to, `-${number}`);
      return name;
    },
  };
}

/** `files/20260124T143000123456789.tar`: when it was read. */
function archiveName(to: bigint, more = ""): string {
  const second = new Date(Number(to / 1_000_000n)).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `files/${second}${String(to % 1_000_000_000n).padStart(9, "0")}${more}.tar`;
}

async function* linesIn(text: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
