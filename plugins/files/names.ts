/** Names of files, which are bytes on most systems, as text from which the bytes can be told again. */
import { PluginError } from "contextcore";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A path as text: what is not UTF-8 as `\xff`, a backslash as two. */
export function textOf(path: Uint8Array): string {
  try {
    return escaped(utf8.decode(path));
  } catch {
    return inParts(path);
  }
}

/** A path that is UTF-8 as text. */
export const escaped = (path: string): string => (path.includes("\\") ? path.replaceAll("\\", "\\\\") : path);

/** The longest runs of UTF-8, and the bytes between them. */
function inParts(path: Uint8Array): string {
  let text = "";
  for (let at = 0; at < path.length; ) {
    const length = [1, 2, 3, 4].find((bytes) => isCharacter(path.subarray(at, at + bytes)));
    if (length === undefined) text += `\\x${path[at]?.toString(16).padStart(2, "0")}`;
    else text += textOf(path.subarray(at, at + length));
    at += length ?? 1;
  }
  return text;
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    return utf8.decode(bytes).length > 0;
  } catch {
    return false;
  }
}

/** The bytes of a text that {@link textOf} made. @throws PluginError `invalid` when it is none */
export function bytesOf(text: string): Buffer {
  if (!text.includes("\\")) return Buffer.from(text);
  const parts = text.match(/\\x[0-9a-f]{2}|\\\\|[^\\]+|\\/g) ?? [];
  return Buffer.concat(
    parts.map((part) => {
      if (part === "\\") throw new PluginError("invalid", `files: ${JSON.stringify(text)} is not a path`);
      if (part === "\\\\") return Buffer.from("\\");
      return part.startsWith("\\x") ? Buffer.from(part.slice(2), "hex") : Buffer.from(part);
    }),
  );
}

/** The names on a path below a root. @throws PluginError `invalid` when it leads anywhere else */
export function namesOn(text: string): Buffer[] {
  const path = bytesOf(text);
  if (text === ".") return [];
  const names: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const slash = path.indexOf("/", from);
    const to = slash < 0 ? path.length : slash;
    names.push(path.subarray(from, to));
    from = to + 1;
  }
  const isSafe = names.every(
    (name) => !["", ".", ".."].includes(name.toString("latin1")) && !name.includes(0),
  );
  if (!isSafe) throw new PluginError("invalid", `${JSON.stringify(text)} does not stay below the directory`);
  return names;
}

const GLOB = /[*?[\]{}]/;

/** What the option `path` names: a directory, and which of the entries below it are meant. */
export interface Place {
  readonly root: string;
  /** Patterns for the first names below the root; none: everything. */
  readonly parts: readonly Bun.Glob[];
}

/** `/etc`: all of it. `/srv/app-*`: below `/srv` what matches, with everything in it. */
export function placeOf(path: string): Place {
  const names = path.split("/");
  const first = names.findIndex((name) => GLOB.test(name));
  if (first < 0) return { root: path, parts: [] };
  return {
    root: names.slice(0, first).join("/") || "/",
    parts: names
      .slice(first)
      .filter((name) => name !== "")
      .map((name) => new Bun.Glob(name)),
  };
}

/** Whether a path, as text, is meant by one of the patterns; a pattern without `/` is for names at any depth. */
export function createMatcher(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.map((pattern) => {
    const isName = !pattern.includes("/");
    const glob = new Bun.Glob(isName ? pattern : pattern.replace(/^\/|\/$/g, ""));
    return (path: string) => glob.match(isName ? path.slice(path.lastIndexOf("/") + 1) : path);
  });
  return (path) => globs.some((matches) => matches(path));
}

/**
 * Chooses what a pattern means (`etc/**`, `*.yaml`), with everything in a directory that it names, and the directories above it
 * as far as the pattern says them.
 */
export function createSelector(
  pattern: string,
): (entry: { readonly path: string; readonly type: string }) => boolean {
  const matches = createMatcher([pattern]);
  const names = pattern.replace(/^\//, "").split("/");
  const plain = names.slice(
    0,
    Math.max(
      0,
      names.findIndex((name) => GLOB.test(name)),
    ),
  );
  const above = new Set(plain.map((_, n) => plain.slice(0, n + 1).join("/")));
  return ({ path, type }) => {
    if (type === "directory" && above.has(path)) return true;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1))
      if (matches(path.slice(0, end))) return true;
    return false;
  };
}
