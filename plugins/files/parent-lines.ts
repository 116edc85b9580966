/**
 * The lines of one data file of the snapshot that an export continues. They are in the order of a walk, so they are read beside
 * the next walk, one after another; until then they are compressed, since there may be very many.
 */
import { PluginError } from "contextcore";

/** Lines that are asked for in their order. */
interface ParentLines {
  /** Adds whole lines. */
  add(text: string): void;
  /** The line of a path, with its end. It is asked for in the order of a walk: the lines before it are gone then. @throws PluginError `invalid` for a line that is none */
  lineOf(path: string): string | undefined;
}

interface ParentLine {
  readonly path: string;
  readonly line: string;
}

/** None yet. */
export function createParentLines(): ParentLines {
  const pieces: Uint8Array[] = [];
  const lines = linesOf(pieces);
  let now: ParentLine | undefined;
  let hasBegun = false;
  const toNext = (): void => {
    const next = lines.next();
    now = next.done ? undefined : next.value;
  };
  return {
    add(text) {
      if (text !== "") pieces.push(Bun.zstdCompressSync(text, { level: 1 }));
    },
    lineOf(path) {
      if (!hasBegun) toNext();
      hasBegun = true;
      while (now !== undefined && comesBefore(now.path, path)) toNext();
      return now?.path === path ? now.line : undefined;
    },
  };
}

function* linesOf(pieces: Uint8Array[]): Generator<ParentLine> {
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift())
    for (const line of Bun.zstdDecompressSync(piece).toString().split("\n"))
      if (line !== "") yield { path: pathOf(line), line: `${line}\n` };
}

/** A schema for each of very many lines is slow. @throws PluginError `invalid` */
function pathOf(line: string): string {
  const value = jsonIn(line);
  const path = typeof value === "object" && value !== null ? Reflect.get(value, "path") : undefined;
  if (typeof path !== "string") throw new PluginError("invalid", "files: a line of the tree has no path");
  return path;
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new PluginError("invalid", "files: the snapshot that is continued has a line that is not JSON", {
      cause,
    });
  }
}

const ROOT = ".";
const SLASH = 0x2f;

/** Whether a walk comes to a path first: names are in their order, and a directory comes after what is in it. */
export function comesBefore(one: string, other: string): boolean {
  if (one === ROOT || other === ROOT) return other === ROOT && one !== ROOT;
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  if (at === one.length) return at < other.length && other.charCodeAt(at) !== SLASH;
  if (at === other.length) return one.charCodeAt(at) === SLASH;
  return rankOf(one, at) < rankOf(other, at);
}

/** A name that ends there comes first. */
function rankOf(path: string, at: number): number {
  const code = path.charCodeAt(at);
  return code === SLASH ? -1 : code;
}
