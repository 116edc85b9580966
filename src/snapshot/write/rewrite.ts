/**
 * Leaves out of an unfinished snapshot, whose steps are all committed, what is not to be in it: the blocks that a second
 * reading has replaced. Files that lose nothing are not touched. The new ones stand beside the old as `….rewritten`, and take
 * their names when the manifest is there ({@link adoptRewritten}): until then a crash loses nothing, and it is done again.
 */
import { type FileHandle, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openOwn } from "../../storage/own-file.ts";
import { ownEntries } from "../../storage/own-tree.ts";
import { type Block, formatIndexLine } from "../format/block.ts";
import { addBlock, type FileTotals } from "../format/file-totals.ts";
import type { Manifest } from "../format/manifest.ts";
import { createByteReader } from "../read/byte-reader.ts";
import { syncDirectory, writeAll, writeFailure } from "./disk.ts";
import { type CommittedStep, readCommitted } from "./recover.ts";
import type { WrittenFile } from "./stored-files.ts";
import type { WrittenFiles } from "./writer.ts";

const INDEX = "blocks.jsonl";
const SUFFIX = ".rewritten";

/** What of a step is to be in the finished snapshot. It is asked twice of each. */
export type Sift = (step: CommittedStep) => CommittedStep | undefined;

/**
 * @param written what the writer finished
 * @returns what there is once the rewritten files have their names
 * @throws SnapshotError when the disk refuses
 */
export async function rewriteSnapshot(
  directory: string,
  written: WrittenFiles,
  sift: Sift,
): Promise<WrittenFiles> {
  const index = join(directory, INDEX);
  const changed = new Set<string>();
  await readCommitted(index, async (step) => {
    const kept = new Set(sift(step)?.blocks);
    for (const block of step.blocks) if (!kept.has(block)) changed.add(block.file);
  });
  const copies = createCopies(directory, changed);
  const lines = await openCopy(directory, INDEX);
  try {
    await readCommitted(index, async (step) => {
      const sifted = sift(step);
      if (sifted === undefined) return;
      const blocks: Block[] = [];
      for (const block of sifted.blocks) blocks.push(await copies.copy(step.plugin, block));
      await lines.append(Buffer.from(indexLines({ ...sifted, blocks })));
    });
    const files = await copies.finish(written.files);
    await lines.sync();
    await syncDirectory(directory);
    return { files, index: { bytes: lines.size(), lines: lines.lines(), sha256: lines.sha256() } };
  } finally {
    await Promise.allSettled([copies.close(), lines.close()]);
  }
}

/** A step's blocks and its commit share lines where they can. */
function indexLines({ plugin, blocks, commit }: CommittedStep): string {
  const last = blocks.at(-1);
  return [
    ...blocks.slice(0, -1).map((block) => formatIndexLine({ plugin, block })),
    formatIndexLine({ plugin, ...(last === undefined ? {} : { block: last }), commit }),
  ].join("");
}

/** The data files that lose something, written anew block after block. */
function createCopies(directory: string, changed: ReadonlySet<string>) {
  const reader = createByteReader(directory);
  const totals = new Map<string, FileTotals>();
  const copies = new Map<string, Copy>();
  return {
    /** @returns where the block lies from now on */
    async copy(plugin: string, block: Block): Promise<Block> {
      if (!changed.has(block.file)) return block;
      const copy = copies.get(block.file) ?? (await openCopy(directory, block.file));
      copies.set(block.file, copy);
      const moved = { ...block, offset: copy.size() };
      await copy.append(await reader.read(block.file, block.offset, block.bytes));
      totals.set(block.file, addBlock(totals.get(block.file), plugin, moved));
      return moved;
    },
    /** Makes them durable; a file that lost all it had stays, empty. */
    async finish(files: readonly WrittenFile[]): Promise<WrittenFile[]> {
      const all: WrittenFile[] = [];
      for (const file of files) {
        if (!changed.has(file.path)) {
          all.push(file);
          continue;
        }
        const copy = copies.get(file.path) ?? (await openCopy(directory, file.path));
        copies.set(file.path, copy);
        await copy.sync();
        await syncDirectory(dirname(join(directory, file.path)));
        const { blockSha256: _, ...total } = totals.get(file.path) ?? { ...emptied(file), blockSha256: "" };
        all.push({ ...total, sha256: copy.sha256() });
      }
      return all;
    },
    close: () => Promise.allSettled([reader.close(), ...[...copies.values()].map((copy) => copy.close())]),
  };
}

const emptied = ({ plugin, path, of, kind }: WrittenFile) => ({
  plugin,
  path,
  of,
  kind,
  bytes: 0,
  blocks: 0,
  records: 0,
  counts: {},
});

type Copy = Awaited<ReturnType<typeof openCopy>>;

/** A file that will take another's place. */
async function openCopy(directory: string, path: string) {
  const full = join(directory, `${path}${SUFFIX}`);
  const failing = <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error) => Promise.reject(writeFailure(full, error)));
  const handle: FileHandle = await failing(openOwn(full, "create", { root: directory }));
  const hasher = new Bun.CryptoHasher("sha256");
  let size = 0;
  let lines = 0;
  return {
    size: () => size,
    lines: () => lines,
    sha256: () => hasher.copy().digest("hex"),
    async append(bytes: Uint8Array): Promise<void> {
      await failing(writeAll(handle, bytes, size));
      hasher.update(bytes);
      size += bytes.length;
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines += 1;
    },
    sync: () => failing(handle.sync()),
    close: () => handle.close(),
  };
}

/**
 * Gives rewritten files their names, when the manifest is written. Doing this again after a crash ends what was begun.
 * @param manifest what it says of the files: one whose own name ends so is not a rewritten one
 */
export async function adoptRewritten(directory: string, manifest: Manifest): Promise<void> {
  const listed = new Set(manifest.plugins.flatMap(({ files }) => files.map((file) => file.path)));
  for await (const path of ownEntries(directory)) {
    if (!path.endsWith(SUFFIX) || listed.has(path)) continue;
    await rename(join(directory, path), join(directory, path.slice(0, -SUFFIX.length)));
  }
}
