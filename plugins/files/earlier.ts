/** What the snapshot that an export continues has of the tree. It is asked in the order of a walk. */
import { PluginError } from "contextcore";
import { type FileLine, parseTreeLine, seenLine } from "./line.ts";
import { createParentLines } from "./parent-lines.ts";
import type { Stat } from "./stat.ts";

/** The tree as it was. */
export interface Earlier {
  /** Whether something of that path was there. */
  knows(path: string): boolean;
  /** The line of something that has not changed since then. */
  lineOf(path: string, stat: Stat): string | undefined;
  /** Where the content of a file was saved. */
  contentOf(path: string): FileLine["content"] | undefined;
  /** A name for an archive that none has which the tree names. @param to ns */
  freeName(to: bigint): string;
}

/** Nothing: everything is saved. */
export const NOTHING: Earlier = {
  knows: () => false,
  lineOf: () => undefined,
  contentOf: () => undefined,
  freeName: archiveName,
};

/** How a line of the tree begins, and none of what tells whether it has changed. */
const OF_TREE = '{"type":';
/** Where a line names an archive; a path may look like it, which costs a name. */
const ARCHIVE = /"file":"(files\/[^"]+)"/g;

/** Takes what is known of the files, and then the tree; what its lines say is read when it is asked for. @throws PluginError `invalid` when it is not UTF-8 */
export async function readEarlier(text: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Earlier> {
  const [seen, tree] = [createParentLines(), createParentLines()];
  const names = new Set<string>();
  let isTree = false;
  for await (const lines of inWholeLines(text)) {
    signal.throwIfAborted();
    const from: number = isTree ? 0 : beginningOfTree(lines);
    isTree ||= from < lines.length;
    seen.add(lines.slice(0, from));
    tree.add(lines.slice(from));
    for (const [, name = ""] of lines.slice(from).matchAll(ARCHIVE)) names.add(name);
  }
  return {
    knows: (path) => seen.lineOf(path) !== undefined,
    lineOf: (path, stat) => (seen.lineOf(path) === seenLine(path, stat) ? tree.lineOf(path) : undefined),
    contentOf(path) {
      const line = tree.lineOf(path);
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

function beginningOfTree(lines: string): number {
  if (lines.startsWith(OF_TREE)) return 0;
  const end = lines.indexOf(`\n${OF_TREE}`);
  return end < 0 ? lines.length : end + 1;
}

/** The text in pieces that end with a line; what follows the last line is none. @throws PluginError `invalid` when it is not UTF-8 */
async function* inWholeLines(text: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  for await (const piece of text) {
    const all = rest + decoded(decoder, piece);
    const end = all.lastIndexOf("\n") + 1;
    rest = all.slice(end);
    yield all.slice(0, end);
  }
}

function decoded(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new PluginError("invalid", "files: the snapshot that is continued has lines that are no text", {
      cause,
    });
  }
}

/** `files/20260124T143000123456789.tar`: when it was read. */
function archiveName(to: bigint, more = ""): string {
  const second = new Date(Number(to / 1_000_000n)).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `files/${second}${String(to % 1_000_000_000n).padStart(9, "0")}${more}.tar`;
}
