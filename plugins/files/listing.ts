/** The names in a directory, and what the directory says that each of them is. */
import { type Dirent, readdirSync } from "node:fs";
import type { Directory } from "./below.ts";
import { escaped, textOf } from "./names.ts";
import type { Kind } from "./stat.ts";

/** A name in a directory. */
export interface Named {
  readonly name: Buffer;
  readonly text: string;
  /** Absent: the directory does not say it. */
  readonly kind?: Kind | undefined;
}

const HERE = Buffer.from(".");
/** What the runtime puts in place of bytes that are not UTF-8. */
const UNKNOWN = "\ufffd";

/** In the order of their texts. @throws the system's error */
export function namesIn(directory: Directory): Named[] {
  const found = readdirSync(directory.at(HERE), { withFileTypes: true });
  const names = found.some(({ name }) => name.includes(UNKNOWN)) ? bytesIn(directory) : found.map(named);
  return names.sort((one, other) => (one.text < other.text ? -1 : 1));
}

const named = (one: Dirent): Named => ({
  name: Buffer.from(one.name),
  text: escaped(one.name),
  kind: kindOf(one),
});

/** The runtime gives bytes only without what each of them is. */
const bytesIn = (directory: Directory): Named[] =>
  readdirSync(directory.at(HERE), { encoding: "buffer" }).map((name) => ({ name, text: textOf(name) }));

function kindOf(one: Dirent): Kind | undefined {
  if (one.isFile()) return "file";
  if (one.isDirectory()) return "directory";
  if (one.isSymbolicLink()) return "link";
  const isSpecial = one.isFIFO() || one.isSocket() || one.isCharacterDevice() || one.isBlockDevice();
  return isSpecial ? "special" : undefined;
}
