/** Writes a snapshot anew without some of its data: block by block, in one go through its index. */
import type { Storage } from "../../storage/storage.ts";
import { given } from "../../units/given.ts";
import { type Block, type Commit, formatIndexLine, type IndexLine } from "../format/block.ts";
import { SnapshotError } from "../format/errors.ts";
import type { Manifest, ManifestFile } from "../format/manifest.ts";
import { rangeFromText } from "../format/range-text.ts";
import { createByteReader } from "../read/byte-reader.ts";
import { MANIFEST_FILE, readManifest } from "../read/manifest-file.ts";
import { type IndexCommit, openIndexCommit } from "../write/index-commit.ts";
import { readableManifest } from "../write/partial.ts";
import { createStoredFiles, fileClaims, type Stored, type StoredFiles } from "../write/stored-files.ts";
import { createLeftBlocks, type LeftBlock } from "./blocks.ts";
import { type BlotName, createBlotCommit, createBlotName } from "./blot.ts";
import { rewrittenBytes } from "./files-of-bytes.ts";
import type { Rewriting, Successor } from "./rewriting.ts";
import { type SourceLine, sourceLines } from "./source.ts";
import { remainsIn, successorClaims } from "./successor-claims.ts";
import { createRemovedTally, type RemovedTally } from "./tally.ts";
import { keepUntouched, untouchedFiles } from "./untouched.ts";

/** Where from and where to. */
interface WriteOptions {
  readonly source: Storage;
  /** An empty directory. Its files are durable when this is done; their names, once it is synced. */
  readonly into: Storage;
  /** The directory of the source, if it is one on this machine in which nobody changes a file. */
  readonly directory?: string | undefined;
  readonly rewriting: Rewriting;
  readonly signal: AbortSignal;
}

/**
 * Writes the successor. Blocks in which nothing goes are as they were, byte for byte.
 * @returns `undefined` when nothing in the snapshot goes: what was written is of no use then
 * @throws SnapshotError when the snapshot is damaged, or nothing would be left of it; the signal's reason
 */
export async function writeSuccessor(options: WriteOptions): Promise<Successor | undefined> {
  const { source, rewriting, signal } = options;
  const manifest = await readManifest(source);
  requireLeft(source, manifest, rewriting);
  const reader = createByteReader(source);
  const changed = await rewrittenBytes({ ...options, manifest, reader });
  try {
    const named = createBlotName(rewriting.blot ?? asItIs, pathsIn(manifest));
    const untouched = await untouchedFiles({ source, manifest, rewriting, named, changed });
    await keepUntouched(untouched.values(), { ...options, directory: options.directory });
    const writing = await beginWriting({ ...options, manifest, named, untouched });
    const left = createLeftBlocks({ reader, rewriting, named, bytes: changed });
    const ranges = new Map(manifest.plugins.map(({ name, range }) => [name, range && rangeFromText(range)]));
    for await (const line of sourceLines(source, manifest)) {
      signal.throwIfAborted();
      const { plugin, block, number } = line;
      if (rewriting.without?.includes(plugin)) continue;
      const isRead = block !== undefined && !untouched.has(block.file);
      await writing.write(
        line,
        isRead ? await left({ plugin, block, range: ranges.get(plugin), line: number }) : undefined,
      );
    }
    return await writing.finish();
  } finally {
    await Promise.all([...[...changed.values()].map((one) => one.close()), reader.close()]);
  }
}

const asItIs = (text: string): string => text;

const pathsIn = ({ plugins }: Manifest): string[] =>
  plugins.flatMap(({ files }) => files.map(({ path }) => path));

/** @throws SnapshotError when no backend would be left */
function requireLeft(source: Storage, { plugins }: Manifest, { without = [] }: Rewriting): void {
  if (plugins.some(({ name }) => !without.includes(name))) return;
  throw new SnapshotError(`nothing would be left of ${source.root}`, {
    hint: "Remove the whole snapshot: contextcore snapshots prune.",
  });
}

interface Begun extends WriteOptions {
  readonly manifest: Manifest;
  readonly named: BlotName;
  /** See {@link untouchedFiles}. */
  readonly untouched: ReadonlyMap<string, ManifestFile>;
}

interface Writing {
  /** Writes what stands for a line of the index. @param left absent: its block, if it has one, is of a file that is as it was */
  write(line: SourceLine, left: LeftBlock | undefined): Promise<void>;
  finish(): Promise<Successor | undefined>;
}

async function beginWriting(begun: Begun): Promise<Writing> {
  const { into, rewriting, manifest } = begun;
  const { blot = asItIs, without = [] } = rewriting;
  const files = createStoredFiles(into);
  let failure: Error | undefined;
  const index = await openIndexCommit({
    ...{ snapshot: into, groupMs: 500, groupBytes: 32 << 20 },
    onFailure: (error) => {
      failure = error;
    },
  });
  const removed = createRemovedTally(manifest, without);
  const blotCommit = createBlotCommit(blot);
  const isLast = countdown(manifest);
  let isChanged = manifest.plugins.some(({ name }) => without.includes(name));
  return {
    async write({ plugin, block, commit, text }, left) {
      if (failure !== undefined) throw failure;
      const stored = left === undefined ? [] : await store(files, plugin, left);
      const blocks = left === undefined && block !== undefined ? [block] : stored.map((one) => one.block);
      const own = commit && blotCommit(commit);
      const lines = linesFor(plugin, blocks, own);
      const isSame = lines.join("") === formatIndexLine({ plugin, ...given({ block, commit }) });
      isChanged ||= left?.isChanged === true || !Bun.deepEquals(own, commit);
      if (block !== undefined) removed.add(plugin, block, left?.less ?? {});
      if (block !== undefined && isLast(block)) await files.seal(stored.map((one) => one.block.file));
      const said = isSame ? `${Buffer.from(text).toString()}\n` : lines.join("");
      await index.add(
        said,
        bytesOf(stored),
        stored.map((one) => one.file),
      );
    },
    async finish() {
      await index.flush();
      const concluded = await conclude({ ...begun, removed }, files, index.summary());
      await Promise.all([files.close(), index.close()]);
      return isChanged || concluded.isBlotted ? concluded.successor : undefined;
    },
  };
}

async function store(files: StoredFiles, plugin: string, { pieces }: LeftBlock): Promise<Stored[]> {
  const stored: Stored[] = [];
  for await (const { bytes, block } of pieces) stored.push(await files.append(plugin, bytes, block));
  return stored;
}

const bytesOf = (stored: readonly Stored[]): number =>
  stored.reduce((sum, { block }) => sum + block.bytes, 0);

/** A step whose blocks are all gone is one that yielded nothing. */
function linesFor(plugin: string, blocks: readonly Block[], commit: Commit | undefined): string[] {
  const lines: IndexLine[] = blocks.map((block) => ({ plugin, block }));
  const last = lines.pop();
  const ending = commit === undefined ? last : { ...(last ?? { plugin }), commit };
  return [...lines, ...(ending === undefined ? [] : [ending])].map(formatIndexLine);
}

/** Whether a block is the last one of its file. */
function countdown({ plugins }: Manifest): (block: Block) => boolean {
  const left = new Map(
    plugins.flatMap(({ files }) => files.map(({ path, blocks }) => [path, blocks] as const)),
  );
  return ({ file }) => {
    const rest = (left.get(file) ?? 0) - 1;
    left.set(file, rest);
    return rest === 0;
  };
}

interface Concluding extends Begun {
  readonly removed: RemovedTally;
}

/** Writes the manifest, and the data files of which nothing is left. */
async function conclude(
  { into, manifest, rewriting, named, untouched, removed }: Concluding,
  files: StoredFiles,
  index: ReturnType<IndexCommit["summary"]>,
): Promise<{ successor: Successor; isBlotted: boolean }> {
  const written = new Map([
    ...untouched,
    ...files.totals().map((one) => [one.path, fileClaims(one)] as const),
  ]);
  const claims = successorClaims(manifest, rewriting, {
    ...{ files: written, index, named, removed: removed.removed(), ofWindows: removed.windows() },
  });
  const own = claims.plugins.flatMap((plugin) => plugin.files);
  for (const { path } of own) if (!written.has(path)) await files.touch(path);
  const made = readableManifest(claims, into.root);
  await into.write(MANIFEST_FILE, made.text);
  const { blot = asItIs, without = [] } = rewriting;
  const kept = manifest.plugins.filter(({ name }) => !without.includes(name));
  const isBlotted = !Bun.deepEquals(kept.map(toldIn), claims.plugins.map(toldIn));
  const remains = remainsIn(made.manifest, blot);
  const isRewritten = (file: string): boolean => !untouched.has(file);
  return {
    successor: { manifest: made.manifest, removed: removed.removed(), remains, isRewritten },
    isBlotted,
  };
}

/** What may be blotted out of what the manifest says of a backend. */
const toldIn = ({ match, notes, problems }: Manifest["plugins"][number]) => ({ match, notes, problems });
