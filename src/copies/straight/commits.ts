/**
 * `commits/…` of an export straight into a place: one small object for each step that is done. It names the objects that hold what
 * the step yielded, and its lines of the index, of which the last one has the cursors that follow. So what the commits name and do
 * not have is what is left to do, and what no commit names is rubbish.
 */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import type { Cursor, StoredObject } from "../../contract/contract.ts";
import { type Block, parseIndexLine } from "../../snapshot/format/block.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { staysInside } from "../../snapshot/format/paths.ts";
import type { CommittedStep } from "../../snapshot/write/recover.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { createKeySet } from "../../units/key-set.ts";
import {
  COMMITS_FOLDER,
  isBookkeeping,
  MANIFEST_COMMIT,
  PLAN_FILE,
  plainName,
} from "../format/bookkeeping.ts";
import { type CopyObject, objectSchema } from "../format/copy-file.ts";
import type { Bookkeeping } from "./bookkeeping.ts";

/** A step that is done. */
export interface StraightCommit {
  /** Higher than that of the commit which named its cursor. */
  readonly number: number;
  /** Which run of the export it was, from 0. */
  readonly run: number;
  readonly objects: readonly CopyObject[];
  /** SHA-256 of the files that have several blocks, by path, before they are encrypted. */
  readonly sums: Readonly<Record<string, string>>;
  /** Of the index, without their newlines. */
  readonly lines: readonly string[];
}

/** What another process has sent of a step, and its lines of the index. */
export type SentLines = Pick<StraightCommit, "objects" | "sums" | "lines">;

const wholeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** See {@link SentLines}. */
export const sentLinesSchema = v.object({
  objects: v.array(objectSchema),
  sums: objectOf(v.string()),
  lines: v.array(v.string()),
});
const commitSchema = v.object({ number: wholeSchema, run: wholeSchema, ...sentLinesSchema.entries });

/** Gives each commit its name: that of its cursor, with `-2`, `-3` … if the same cursor is committed again. */
export function createCommitNames(): (plugin: string, cursor: Cursor) => string {
  const given = createKeySet();
  return (plugin, cursor) => {
    const text = canonicalJson([plugin, cursor]);
    const base = `${COMMITS_FOLDER}${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
    for (let number = 1; ; number += 1) {
      const name = `${base}${number === 1 ? "" : `-${number}`}.json`;
      if (given.add(name)) return name;
    }
  };
}

/** What was committed, in an order in which each step comes after the one that named it. */
interface CommittedExport {
  readonly commits: readonly StraightCommit[];
  /** The text of the manifest, if nothing was left to read. */
  readonly manifest?: string;
}

/** @param there what the export's folder holds, by name below it @throws SnapshotError when any of it is not ours; PluginError */
export async function readCommits(
  book: Bookkeeping,
  there: ReadonlyMap<string, StoredObject>,
): Promise<CommittedExport> {
  const own = [...there].filter(([name]) => isBookkeeping(name) && plainName(name) !== PLAN_FILE);
  const read = await inParallel(own, async ([name, { size }]) => ({
    name: plainName(name),
    value: await book.read(name, size),
  }));
  const manifest = read.find(({ name }) => name === MANIFEST_COMMIT)?.value.text;
  const commits = read
    .filter(({ name }) => name !== MANIFEST_COMMIT)
    .map(({ name, value }) => ({ name, ...v.parse(commitSchema, value) }))
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
  return { commits, ...(typeof manifest === "string" ? { manifest } : {}) };
}

/** The step that a commit stands for. @throws SnapshotError when its lines are not those of one step */
export function stepOf({ lines }: Pick<StraightCommit, "lines">, where: string): CommittedStep {
  const said = lines.map((line) => parseIndexLine(line));
  const last = said.at(-1);
  const blocks = said.flatMap(({ block }): readonly Block[] => (block === undefined ? [] : [block]));
  if (last?.commit === undefined || !blocks.every(({ file }) => staysInside(file)))
    throw new SnapshotError(`${where}: a commit has lines that are not those of a step`);
  return { plugin: last.plugin, blocks, commit: last.commit };
}
