/** One person's data is taken out of the files of bytes that an export wrote, and nothing else is. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredData, StoredRecord, UnpackedFile } from "../contract/contract.ts";
import { localStorage } from "../storage/local.ts";
import { makeNewDirectory } from "../storage/own-file.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import { NEVER } from "../units/time-limit.ts";
import { require } from "./check.ts";
import type { CheckTarget } from "./subject.ts";
import type { Harvest } from "./walk.ts";

/** Looks at every file of bytes that is not made of what lines name. */
export async function requireStored(
  { files, contents }: Pick<Harvest, "files" | "contents">,
  stored: StoredData | undefined,
  { subject }: Pick<CheckTarget, "subject">,
): Promise<void> {
  if (stored === undefined || subject === undefined) return;
  const whole = [...files].filter(([file]) => !contents.has(file));
  let found = 0;
  for (const [file, bytes] of whole)
    found += await unpacked(file, bytes, (one) => requireErased(one, stored, subject));
  require(whole.length === 0 || found > 0, "no data of the lab's subject was found in the exported files");
}

/** Writes a file into a directory of its own for as long as the work takes. */
async function unpacked<Result>(
  file: string,
  bytes: Uint8Array,
  work: (file: UnpackedFile) => Promise<Result>,
): Promise<Result> {
  const place = localStorage(join(tmpdir(), `contextcore-${crypto.randomUUID()}`));
  makeNewDirectory(place.root);
  try {
    await place.write("file", bytes);
    const result = await work({ file, path: place.shown("file") });
    const names = await place.names();
    require(names.join() ===
      "file", `\`stored\` leaves other files beside the one that it was given: ${names}`);
    return result;
  } finally {
    await discardDirectory(place.root);
  }
}

/** @returns how many were found */
async function requireErased(
  file: UnpackedFile,
  stored: StoredData,
  subject: NonNullable<CheckTarget["subject"]>,
): Promise<number> {
  const before = await Array.fromAsync(stored.records(file, NEVER));
  const found = await Array.fromAsync(stored.find(file, subject, NEVER));
  const told = found.find(({ where }) => where.includes(subject.id));
  require(told === undefined, `\`where\` tells the identifier: ${told?.where}`);
  const strangers = lessThese(found, before);
  require(strangers.length === 0, "`stored.find` yields what `stored.records` does not");
  const { counts } = await stored.erase(file, references(found), NEVER);
  const gone = Object.values(counts).reduce((sum, count) => sum + count, 0);
  require(gone === sumOf(found), `${sumOf(found)} were to be erased from ${file.file}, and ${gone} were`);
  const left = await Array.fromAsync(stored.find(file, subject, NEVER));
  require(left.length === 0, `after erasing, ${left.length} are still found in ${file.file}`);
  const after = await Array.fromAsync(stored.records(file, NEVER));
  const changed = lessThese(after, before);
  require(changed.length === 0, `a record has changed: ${changed[0]?.content.slice(0, 200)}`);
  require(after.length === before.length - found.length, `${before.length - after.length} records are gone`);
  const again = await stored.erase(file, references(found), NEVER);
  require(Object.keys(again.counts).length === 0, "a second time, something more was erased");
  return found.length;
}

const references = (found: readonly StoredRecord[]) => found.map(({ reference }) => reference);
const sumOf = (found: readonly StoredRecord[]): number => found.reduce((sum, { count }) => sum + count, 0);

/** Records that are not among these, each as often as it is too many. */
function lessThese(some: readonly StoredRecord[], these: readonly StoredRecord[]): StoredRecord[] {
  const left = new Map<string, number>();
  for (const { content } of these) left.set(content, (left.get(content) ?? 0) + 1);
  return some.filter(({ content }) => {
    const count = left.get(content) ?? 0;
    left.set(content, count - 1);
    return count <= 0;
  });
}
