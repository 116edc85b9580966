/** The configuration file: where it is, what it says, and on which line. */
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { ConfigError } from "./errors.ts";

export const FILE_NAME = "contextcore.yaml";

/** Keys from the top of the file to a value. */
export type Path = readonly (string | number)[];

export interface Source {
  /** Absolute; absent when there is no file. */
  readonly file?: string;
  /** What the file says, as plain values. */
  readonly value: unknown;
  /** `contextcore.yaml:12` for the key at the end of the path, or the nearest one above it. */
  where(path: Path): string;
}

export const NO_SOURCE: Source = { value: {}, where: () => "the defaults" };

/**
 * Reads the named file, or `contextcore.yaml` in the directory or the nearest parent that has one.
 * @throws ConfigError when the named file is missing, or a file is unreadable or not YAML
 */
export async function findSource(directory: string, named: string | undefined): Promise<Source> {
  if (named !== undefined) return readSource(resolve(directory, named));
  for (let place = directory; ; place = dirname(place)) {
    const file = join(place, FILE_NAME);
    if (await isFile(file)) {
      if (place !== directory) await refuseForeign(file);
      return readSource(file);
    }
    if (dirname(place) === place) return NO_SOURCE;
  }
}

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** A file names commands and plugins that run with our rights: one found in a parent must be ours or root's. */
async function refuseForeign(file: string): Promise<void> {
  const { uid } = await stat(file);
  const self = process.getuid?.() ?? 0;
  if (self === 0 || uid === 0 || uid === self) return;
  const hint = `if you trust it: --config ${file}`;
  throw new ConfigError([{ where: file, key: "", what: "belongs to another user and was not read", hint }]);
}

async function readSource(file: string): Promise<Source> {
  const text = await Bun.file(file)
    .text()
    .catch((error: Error) => {
      const what = `cannot be read (${"code" in error ? error.code : error.message})`;
      throw new ConfigError([{ where: file, key: "", what, hint: "contextcore config init writes one" }]);
    });
  return parseSource(text, file);
}

/** Reads the text of a configuration file. @throws ConfigError with the line when it is not YAML */
export function parseSource(text: string, file: string): Source {
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
