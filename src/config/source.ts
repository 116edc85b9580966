/** The configuration file: where it is, what it says, and on which line. */
import { basename, dirname, join, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { entryAt } from "../storage/entries.ts";
import { namedPath, readNamedText } from "../storage/own-file.ts";
import { UnsafeFileError } from "../storage/unsafe-file.ts";
import { messageOf } from "../units/message-of.ts";
import { systemRefusal } from "../units/system-refusal.ts";
import { ConfigError } from "./errors.ts";

/** The name by which the file is looked for in the working directory and above it. */
export const FILE_NAME = "contextcore.yaml";

/** Far more than anybody writes. */
export const FILE_BYTES_MAX = 4 << 20;

/** Keys from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** The configuration as it was written, and the way back from a value to its line. */
export interface ConfigSource {
  /** Absolute; absent when there is no file. */
  readonly file?: string;
  /** The file's contents, as plain values. */
  readonly value: unknown;
  /** `contextcore.yaml:12` for the key at the end of the path, or the nearest one above it. */
  where(path: Path): string;
}

const NO_SOURCE: ConfigSource = { value: {}, where: () => "the defaults" };

/** A configuration that is not read from its file. */
export interface WrittenConfig {
  /** Whose it is. */
  readonly file: string;
  /** YAML, or JSON. */
  readonly text: string;
}

/** The project's directory, whether its file can be read or not. */
export function projectAt(directory: string, named: string | undefined): string {
  if (named !== undefined) return dirname(resolve(directory, named));
  return placeWithFile(directory) ?? directory;
}

/** This directory, or the nearest one above it, that has a configuration. */
function placeWithFile(directory: string): string | undefined {
  for (let place = directory; ; place = dirname(place)) {
    if (hasEntry(join(place, FILE_NAME))) return place;
    if (dirname(place) === place) return undefined;
  }
}

/**
 * Reads the named file, or `contextcore.yaml` in the directory or the nearest parent that has one.
 * @throws ConfigError when the named file is missing, or a file is unreadable or not YAML
 */
export async function findSource(directory: string, named: string | undefined): Promise<ConfigSource> {
  if (named !== undefined) return readSource(resolve(directory, named));
  const place = placeWithFile(directory);
  if (place === undefined) return NO_SOURCE;
  const file = join(place, FILE_NAME);
  if (place !== directory) refuseForeign(file);
  return readSource(file);
}

/** Whatever is there: an unreadable file is reported, not skipped. */
function hasEntry(path: string): boolean {
  try {
    return entryAt(path) !== undefined;
  } catch {
    return false; // nobody may look into that directory, so it has no configuration for us
  }
}

/**
 * A configuration file names commands and plugins that run with our rights, so one found in a parent directory must be ours or
 * root's.
 */
function refuseForeign(file: string): void {
  const uid = entryAt(namedPath(file))?.uid;
  const self = process.getuid?.() ?? 0;
  if (self === 0 || uid === undefined || uid === 0 || uid === self) return;
  const hint = `if you trust it: --config ${file}`;
  throw new ConfigError([{ where: file, key: "", what: "belongs to another user and was not read", hint }]);
}

function readSource(file: string): ConfigSource {
  return parseSource(textOf(file), file);
}

function textOf(file: string): string {
  try {
    return readNamedText(file, FILE_BYTES_MAX);
  } catch (error) {
    if (error instanceof UnsafeFileError)
      throw new ConfigError([{ where: file, key: "", what: error.what, hint: error.hint }]);
    const why = systemRefusal(error, { purpose: "read" })?.what ?? messageOf(error);
    const what = `cannot be read: ${why}`;
    throw new ConfigError([{ where: file, key: "", what, hint: "contextcore config init writes one" }]);
  }
}

/** Reads the text of a configuration file. @throws ConfigError with the line when it is not YAML */
export function parseSource(text: string, file: string): ConfigSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const name = basename(file);
  const at = (offset: number) => `${name}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, message }) => ({ where: at(pos[0]), key: "", what: message })),
    );
  }
  const where = (path: Path) => {
    const offset = offsetOf(document.contents, path);
    return offset === undefined ? name : at(offset);
  };
  return { file, value: document.toJS({ maxAliasCount: 100 }) ?? {}, where };
}

function offsetOf(contents: unknown, path: Path): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === "number") {
      node = node.items[key];
      if (isScalar(node) || isMap(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
