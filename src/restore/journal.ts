/** What a running restore stores on the disk: its progress and every refused record. */
import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import type { Counts, Differing, Problem, Rejected } from "../contract/contract.ts";
import { type Block, fileOf } from "../snapshot/format/block.ts";
import { unitOf } from "../snapshot/format/formats.ts";
import { BLOCK_BYTES_MAX } from "../snapshot/format/limits.ts";
import { fileLines } from "../snapshot/format/lines.ts";
import { problemKindSchema } from "../snapshot/format/problem-kind.ts";
import { recordsOf } from "../snapshot/format/record-keys.ts";
import { openRestoreDirectory } from "../snapshot/write/disk.ts";
import { groupCommit } from "../storage/group-commit.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import type { GrowingFile, Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { isMissing } from "../units/system-refusal.ts";

/** The server's answer for one block's records, and which added blocks they were joined with. */
export interface BlockOutcome {
  readonly joined?: readonly BlockStart[];
  /** Left out, since it was erased after the snapshot was made. */
  readonly erased?: Counts;
  readonly written: Counts;
  readonly existing: Counts;
  /** Objects that differed from what the server had: left, or replaced. */
  readonly differing: readonly Differing[];
  readonly rejected: readonly Rejected[];
  /** Written, but incomplete. */
  readonly problems: readonly Pick<Problem, "kind" | "reason" | "items">[];
}

/** The beginning of a block, which identifies it. */
type BlockStart = Pick<Block, "file" | "offset">;

/** The same, with the numbers of refused records and of those that the server cannot store. */
export interface BlockDone extends Omit<BlockOutcome, "rejected"> {
  readonly rejected: number;
  readonly unsupported: number;
  /** Why they were refused: the most frequent reasons. Absent: none was, or an earlier version wrote this. */
  readonly refusals?: RefusedFor[];
}

/** How many records were refused for a reason. */
export interface RefusedFor {
  readonly reason: string;
  readonly records: number;
}

const REFUSALS_MAX = 5;

/** The most frequent reasons, each once. */
export function mergedRefusals(all: readonly RefusedFor[]): RefusedFor[] {
  const byReason = Map.groupBy(all, ({ reason }) => reason);
  return Array.from(byReason, ([reason, of]) => ({
    reason,
    records: of.reduce((sum, { records }) => sum + records, 0),
  }))
    .sort((a, b) => b.records - a.records)
    .slice(0, REFUSALS_MAX);
}

/** Counts both. A line of several entries or samples counts as that many. */
export function countRejected(
  file: string,
  rejected: readonly Rejected[],
): Pick<BlockDone, "rejected" | "unsupported" | "refusals"> {
  const refused = rejected.filter(({ unsupported }) => !unsupported);
  const refusals = mergedRefusals(
    refused.map(({ line, reason }) => ({ reason, records: recordsIn(file, line) })),
  );
  const count = (isCounted: (one: Rejected) => boolean): number =>
    rejected.filter(isCounted).reduce((sum, { line }) => sum + recordsIn(file, line), 0);
  return {
    rejected: count(({ unsupported }) => !unsupported),
    unsupported: count(({ unsupported }) => unsupported === true),
    ...(refusals.length === 0 ? {} : { refusals }),
  };
}

/** A line that cannot be split into records counts as one. */
function recordsIn(file: string, line: string): number {
  if (unitOf(file) === undefined) return 1;
  try {
    return Math.max(1, Array.from(recordsOf(file, JSON.parse(line))).length);
  } catch {
    return 1;
  }
}

/** The progress of one restore. A block is sent again unless a note says that it is done. */
export interface RestoreJournal {
  readonly directory: string;
  /** What an interrupted run already did with this block. */
  done(plugin: string, block: Block): BlockDone | undefined;
  /** Durable when it resolves: first the refused records, then the note that the block is done. */
  record(plugin: string, block: Block, outcome: BlockOutcome): Promise<void>;
  close(): Promise<void>;
}

/** A line of `rejected.json` holds one record, as it is in the snapshot. */
const JOURNAL_LINE_BYTES_MAX = 2 * BLOCK_BYTES_MAX;

const counts = objectOf(v.number());
const problem = v.object({
  kind: problemKindSchema,
  reason: v.string(),
  items: v.exactOptional(v.array(v.string())),
});
const doneSchema = v.object({
  plugin: v.string(),
  file: v.string(),
  offset: v.number(),
  written: counts,
  existing: counts,
  differing: v.optional(v.array(v.object({ name: v.string(), what: v.string() })), []),
  rejected: v.number(),
  unsupported: v.optional(v.number(), 0),
  refusals: v.exactOptional(v.array(v.object({ reason: v.string(), records: v.number() }))),
  problems: v.optional(v.array(problem), []),
  joined: v.exactOptional(v.array(v.object({ file: v.string(), offset: v.number() }))),
  erased: v.exactOptional(counts),
});
type Done = v.InferOutput<typeof doneSchema>;

/** Opens `progress.jsonl` and `rejected.json` in a restore's directory, new or left by an interrupted run. */
export async function openRestoreJournal(directory: string): Promise<RestoreJournal> {
  makeOwnDirectory(directory);
  const entries: Done[] = [];
  const files = openRestoreDirectory(directory);
  const state = await openJournalFile(files, "progress.jsonl", (bytes) =>
    entries.push(v.parse(doneSchema, JSON.parse(new TextDecoder().decode(bytes)))),
  );
  const refused = await openJournalFile(files, "rejected.json");
  const done = new Map(entries.map((one) => [key(one.plugin, one), one]));
  const commits = commitTo(refused, state);
  return {
    directory,
    done: (plugin, block) => done.get(key(plugin, block)),
    async record(plugin, block, { written, existing, differing, rejected, problems, joined = [], erased }) {
      const { file, offset } = block;
      const lines = rejected.map(
        ({ line, reason, unsupported }) =>
          `${JSON.stringify({ plugin, file, reason, ...(unsupported ? { unsupported } : {}), record: line })}\n`,
      );
      const told = problems.map(({ kind, reason, items }) =>
        items === undefined ? { kind, reason } : { kind, reason, items: [...items] },
      );
      const counted = {
        written,
        existing,
        ...countRejected(fileOf(block), rejected),
        differing: [...differing],
      };
      const entry: Done = {
        ...{ plugin, file, offset, ...counted, problems: told, ...joinedWith(joined) },
        ...given({ erased }),
      };
      await commits.add({ refused: lines.join(""), done: `${JSON.stringify(entry)}\n` }, 0);
      await commits.flush();
    },
    close: async () => void (await Promise.all([state.close(), refused.close()])),
  };
}

const joinedWith = (places: readonly BlockStart[]): Pick<Done, "joined"> =>
  places.length === 0 ? {} : { joined: places.map(({ file, offset }) => ({ file, offset })) };

const key = (plugin: string, { file, offset }: BlockStart): string => JSON.stringify([plugin, file, offset]);

/** The lines of one block. */
interface Entry {
  readonly refused: string;
  readonly done: string;
}

/** Blocks that finish together are written and made durable together. */
const commitTo = (refused: JournalFile, state: JournalFile) =>
  groupCommit<Entry>({
    async commit(entries) {
      await refused.append(entries.map((one) => one.refused).join(""));
      await state.append(entries.map((one) => one.done).join(""));
    },
  });

interface JournalFile {
  /** Durable when it resolves. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file for appending. A torn last line is removed, because the next one would be joined to it; its block is done again.
 */
export async function openJournalFile(
  files: Storage,
  name: string,
  visit?: (line: Uint8Array) => void,
): Promise<JournalFile> {
  const file: GrowingFile = await files.append(name, await endOfLines(files, name, visit));
  return {
    async append(text) {
      if (text === "") return;
      await file.append(Buffer.from(text));
      await files.commit([name]);
    },
    close: () => file.close(),
  };
}

/** The end of a file's last complete line; 0 if there is no file. */
async function endOfLines(files: Storage, name: string, visit?: (line: Uint8Array) => void): Promise<number> {
  let end = 0;
  try {
    for await (const line of fileLines(files, name, JOURNAL_LINE_BYTES_MAX)) {
      if (!line.whole) continue;
      visit?.(line.bytes);
      end = line.end;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return end;
}
