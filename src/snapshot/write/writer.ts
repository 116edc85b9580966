/** Writes the data files and the index of a snapshot, one step after another. */

import { given } from "../../units/given.ts";
import { type Block, type Commit, formatStep } from "../format/block.ts";
import { openDirectory } from "./disk.ts";
import { type IndexCommit, openIndexCommit } from "./index-commit.ts";
import { createPlacement, type Placement, type PlacementOptions } from "./placement.ts";
import type { Recovered } from "./recover.ts";
import { createPlacer, type StepPart, type WholeStep, type Yield } from "./step.ts";
import { createStoredFiles, type Stored, type StoredFiles, type WrittenFile } from "./stored-files.ts";

/** Writes steps into an unfinished snapshot. Calls may overlap; they are carried out in the order in which they come. */
export interface SnapshotWriter {
  /**
   * Writes a step after all earlier ones. Resolves with its blocks once they are written and their commit is queued in order,
   * which is before they are durable.
   * @throws StepRefused when one of its paths is taken; nothing of it was written.
   * @throws SnapshotError when the disk refuses; nothing can be written after that.
   */
  write(plugin: string, step: WholeStep): Promise<readonly Block[]>;
  /** Begins a step that arrives in pieces. */
  begin(plugin: string): PiecewiseStep;
  /** Makes everything so far durable and committed. */
  flush(): Promise<void>;
  /** Flushes, creates the `expected` data files that are still missing, closes all, and returns the list of files. */
  finish(expected: readonly ExpectedFile[]): Promise<WrittenFiles>;
  /** Closes all files; what is not committed yet is lost. For an export that stops. */
  close(): Promise<void>;
}

/** A step whose pieces are written as they arrive, into files of its own, and committed together. */
export interface PiecewiseStep {
  /** @throws StepRefused @throws SnapshotError as {@link SnapshotWriter.write} */
  add(piece: Pick<Yield, "records" | "files">): Promise<void>;
  /** Commits it with its last line. Resolves like {@link SnapshotWriter.write}. */
  commit(commit: Commit): Promise<readonly Block[]>;
  /** Removes all of it. */
  discard(): Promise<void>;
}

/** A data file, as the plugin knows it, that a snapshot has even if nothing was written to it. */
export interface ExpectedFile {
  readonly plugin: string;
  readonly file: string;
}

/** What the manifest says about the files and the index. */
export interface WrittenFiles {
  readonly files: readonly WrittenFile[];
  readonly index: ReturnType<IndexCommit["summary"]>;
}

interface WriterOptions {
  /** The directory of the unfinished snapshot. */
  readonly directory: string;
  /** The instances that have a folder of their own, by name. */
  readonly folders?: PlacementOptions["folders"];
  readonly compression?: "zstd";
  /** Maximum size of a part of a data file, unless a single block is larger. Bytes. */
  readonly fileBytesMax?: number;
  /** How long and how much data one commit may hold back. Default 500 ms and 32 MiB. */
  readonly groupMs?: number;
  readonly groupBytes?: number;
  /** Called, perhaps more than once, when what was written cannot be made durable: the export must stop. */
  readonly onFailure: (error: Error) => void;
  /** What an interrupted export left. */
  readonly recovered?: Recovered;
}

/** Opens the writer of a snapshot, new or resumed. */
export async function openWriter(options: WriterOptions): Promise<SnapshotWriter> {
  const { directory, recovered, groupMs = 500, groupBytes = 32 << 20, onFailure } = options;
  const placement = createPlacement({
    compressed: options.compression === "zstd",
    ...given({ folders: options.folders, fileBytesMax: options.fileBytesMax }),
  });
  for (const one of recovered?.files.totals.values() ?? []) placement.restore(one.plugin, one);
  const snapshot = openDirectory(directory);
  const files = createStoredFiles(snapshot, recovered?.files);
  const group = await openIndexCommit({
    snapshot,
    groupMs,
    groupBytes,
    onFailure,
    ...given({ committed: recovered?.index }),
  });
  const serially = createQueue();
  let broken: unknown;
  /** A failed write may have left bytes that no block names, so nothing may be written after it. */
  const unlessBroken = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (broken !== undefined) throw broken;
    return work().catch((error) => {
      broken = error;
      throw error;
    });
  };

  const compressed = options.compression === "zstd";

  return {
    write: (plugin, step) =>
      serially(async () => {
        const placer = createPlacer(plugin, { placement, compressed });
        const parts = await placer.place(step).catch((error) => {
          placer.release();
          throw error;
        });
        return unlessBroken(async () => {
          const stored = await storeParts(plugin, parts, files);
          await files.seal(placer.own());
          return commitParts(plugin, stored, step.commit, group);
        });
      }),
    begin(plugin) {
      const placer = createPlacer(plugin, { placement, compressed, alone: true });
      const stored: Stored[] = [];
      return {
        add: (piece) =>
          serially(async () => {
            const parts = await placer.place({ ...piece, objects: [] });
            stored.push(...(await unlessBroken(() => storeParts(plugin, parts, files))));
          }),
        commit: (commit) =>
          serially(() =>
            unlessBroken(async () => {
              await files.seal(placer.own());
              return commitParts(plugin, stored, commit, group);
            }),
          ),
        discard: () =>
          serially(async () => {
            await files.discard(placer.own());
            placer.release();
          }),
      };
    },
    flush: () => serially(() => group.flush()),
    finish: (expected) =>
      serially(async () => {
        await group.flush();
        const empty = await touchMissing(expected, placement, files);
        const written = files.totals();
        const index = group.summary();
        await Promise.all([files.close(), group.close()]);
        return { files: [...written, ...empty], index };
      }),
    close: () => serially(() => Promise.allSettled([files.close(), group.close()]).then(() => {})),
  };
}

/** Runs pieces of work one after another, in the order requested. */
export function createQueue(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work);
    tail = result.catch(() => {});
    return result;
  };
}

async function storeParts(plugin: string, parts: readonly StepPart[], files: StoredFiles): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (const { bytes, block } of parts) stored.push(await files.append(plugin, bytes, block));
  return stored;
}

/** Adds the index lines of one piece; the last line carries the commit. */
async function commitParts(
  plugin: string,
  stored: readonly Stored[],
  commit: Commit,
  group: IndexCommit,
): Promise<readonly Block[]> {
  const blocks = stored.map((one) => one.block);
  const lines = formatStep(plugin, blocks, commit);
  const bytes = blocks.reduce((sum, block) => sum + block.bytes, 0);
  await group.add(
    lines.join(""),
    bytes,
    stored.map((one) => one.file),
  );
  return blocks;
}

async function touchMissing(
  expected: readonly ExpectedFile[],
  placement: Placement,
  files: StoredFiles,
): Promise<WrittenFile[]> {
  const empty: WrittenFile[] = [];
  const present = files.totals();
  for (const { plugin, file } of expected) {
    if (present.some((one) => one.plugin === plugin && one.of === file)) continue;
    const path = placement.base(plugin, file);
    await files.touch(path);
    empty.push(emptyFile(plugin, path, file));
  }
  return empty;
}

/** A data file without records. */
export const emptyFile = (plugin: string, path: string, of: string): WrittenFile => ({
  plugin,
  path,
  of,
  kind: "records",
  bytes: 0,
  blocks: 0,
  records: 0,
  counts: {},
  sha256: new Bun.CryptoHasher("sha256").digest("hex"),
});
