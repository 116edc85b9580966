/**
 * Opens the snapshots of a chain as one: data without a time from the newest, data with a time from all, each record once. A
 * chain is read block by block, like a single snapshot.
 */

import type { Range } from "../../units/range.ts";
import { type Block, fileOf } from "../format/block.ts";
import { SnapshotError } from "../format/errors.ts";
import { isStateFile } from "../format/formats.ts";
import { type IndexedBlock, type OpenSnapshot, openSnapshot } from "../read/reader.ts";
import { type BackendChain, nameOf } from "./chain.ts";
import { claimsOfChain, snapshotsOf } from "./chain-claims.ts";
import { hasTimeline } from "./coverage.ts";
import { findInterleaved } from "./interleaved.ts";
import { createMarks, type Marks } from "./marks.ts";
import { findRepeats, type PlacedBlock } from "./repeats.ts";
import { findSuperseded } from "./superseded.ts";
import { trimmedBlock, trimmedLines } from "./trim.ts";

/** Open snapshots, until this is disposed of. */
export interface OpenChain extends AsyncDisposable {
  /** Its files are named below their snapshots: `20260124-143000/logs.json`. */
  readonly snapshot: OpenSnapshot;
  /** Snapshots with a damaged index: what it does not name is not in the chain. */
  readonly broken: readonly { readonly name: string; readonly reason: string }[];
}

interface OpenChainOptions {
  /** Only records of this time will be read, so others need not be compared. */
  readonly range?: Range | undefined;
  readonly signal: AbortSignal;
}

/** @throws SnapshotError when the only snapshot is not credible; the signal's reason */
export async function openChain(
  chains: readonly BackendChain[],
  options: OpenChainOptions,
): Promise<OpenChain> {
  const kept = snapshotsOf(chains);
  const [only, second] = kept;
  // A single snapshot is read as it is: nothing supersedes any of it.
  const isWhole = only?.manifest.plugins.length === chains.length;
  if (only !== undefined && second === undefined && isWhole)
    return heldOpen(await openSnapshot(only.files), []);
  const links = await Promise.all(kept.map(({ files }) => openSnapshot(files)));
  const reader = createChainReader(links);
  try {
    const { blocks, broken } = await placeBlocks(chains, reader, options.signal);
    const repeats = await repeatsIn(blocks, { chains, reader, ...options });
    const left = await trimmed(blocks, reader, repeats);
    return heldOpen(asOne(chains, reader, left), broken);
  } catch (error) {
    await closeAll(links);
    throw error;
  }
}

const closeAll = async (links: readonly OpenSnapshot[]): Promise<void> =>
  void (await Promise.all(links.map((one) => one.close())));

const heldOpen = (snapshot: OpenSnapshot, broken: OpenChain["broken"]): OpenChain => ({
  snapshot,
  broken,
  [Symbol.asyncDispose]: () => snapshot.close(),
});

/** A block of one of the links, with its snapshot. */
interface Placed extends PlacedBlock, IndexedBlock {
  /** The snapshot's name. */
  readonly name: string;
}

interface ChainReader {
  readonly links: readonly OpenSnapshot[];
  /** Opens a snapshot on demand, and closes the files of those that were not used for a while. */
  use(link: number): Promise<OpenSnapshot>;
}

/** A snapshot keeps some files open; hundreds together would be too many. */
const AT_HAND = 8;

function createChainReader(links: readonly OpenSnapshot[]): ChainReader {
  let recent: number[] = [];
  return {
    links,
    async use(link) {
      recent = [...recent.filter((one) => one !== link), link];
      const [oldest, ...others] = recent;
      if (recent.length > AT_HAND && oldest !== undefined) {
        recent = others;
        await links[oldest]?.close();
      }
      const found = links[link];
      if (found === undefined) throw new SnapshotError("the chain has no such snapshot");
      return found;
    },
  };
}

/** Contents are what lines name, wherever they were first saved. */
const isState = (block: Block): boolean =>
  block.content !== true && (block.range === undefined || isStateFile(fileOf(block)));

/** The blocks that make up the chain, the oldest snapshot's first. */
async function placeBlocks(chains: readonly BackendChain[], { links }: ChainReader, signal: AbortSignal) {
  const blocks: Placed[] = [];
  const broken: { name: string; reason: string }[] = [];
  const byBackend = new Map(chains.map((chain) => [chain.backend, belonging(chain)]));
  for (const [link, open] of links.entries()) {
    const name = nameOf(open);
    try {
      for await (const one of open.blocks()) {
        signal.throwIfAborted();
        if (byBackend.get(one.plugin)?.(open.path, one.block)) blocks.push({ ...one, link, name });
      }
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      broken.push({ name, reason: error.message });
    }
  }
  return { blocks, broken };
}

/** Whether the chain contains a block of the snapshot at `path`. */
function belonging({ state, links }: BackendChain): (path: string, block: Block) => boolean {
  const paths = new Set(links.map(({ snapshot }) => snapshot.path));
  return (path, block) => (isState(block) ? state.snapshot.path === path : paths.has(path));
}

/** What of each block a newer snapshot also holds, or supersedes. */
async function repeatsIn(
  blocks: readonly Placed[],
  { chains, reader, range, signal }: Comparing,
): Promise<ReadonlyMap<PlacedBlock, Marks>> {
  const wanted = blocks.filter(
    ({ block }) =>
      !isState(block) && block.content !== true && (range === undefined || reaches(block, range)),
  );
  const files = Map.groupBy(wanted, ({ plugin, block }) => JSON.stringify([plugin, fileOf(block)]));
  const found: [PlacedBlock, Marks][] = [];
  for (const some of files.values()) {
    const [first] = some;
    const chain = chains.find(({ backend }) => backend === first?.plugin);
    if (first === undefined || chain === undefined) continue;
    const lines = (one: PlacedBlock) => linesOf(reader, one);
    const asked = { file: fileOf(first.block), blocks: some, lines, signal };
    const marks = hasTimeline(chain.state.plugin)
      ? await findRepeats(asked)
      : await findSuperseded({ ...asked, heldBy: heldBy(chain, reader) });
    found.push(...marks);
  }
  return new Map(found);
}

interface Comparing extends OpenChainOptions {
  readonly chains: readonly BackendChain[];
  readonly reader: ChainReader;
}

/** The time covered by each snapshot of a chain, by its position among all. */
const heldBy = (chain: BackendChain, { links }: ChainReader): readonly (readonly Range[])[] =>
  links.map(({ path }) => chain.links.find(({ snapshot }) => snapshot.path === path)?.held ?? []);

const reaches = ({ range }: Block, { from, to }: Range): boolean =>
  range !== undefined && range.from < to && range.to > from;

async function* linesOf(reader: ChainReader, { link, block }: PlacedBlock): AsyncGenerator<string> {
  yield* (await reader.use(link)).lines(block);
}

/** A block of the chain, and where its records are. */
interface Left {
  readonly indexed: IndexedBlock;
  readonly placed: Placed;
  /** The records to skip. */
  readonly marks: Marks;
}

const NONE = createMarks();

/** The blocks with anything left, in their reduced form. */
async function trimmed(
  blocks: readonly Placed[],
  reader: ChainReader,
  repeats: ReadonlyMap<PlacedBlock, Marks>,
): Promise<Left[]> {
  const left: Left[] = [];
  for (const placed of blocks) {
    const { plugin, number, block, name } = placed;
    const marks = repeats.get(placed) ?? NONE;
    if (marks.size > 0 && marks.size === marks.of) continue;
    const file = fileOf(block);
    const lines = trimmedLines(file, linesOf(reader, placed), marks);
    const changed = marks.size === 0 ? {} : await trimmedBlock(block, file, lines);
    const shown = { ...block, ...changed, file: `${name}/${block.file}`, of: file };
    left.push({ indexed: { plugin, number, block: shown }, placed, marks });
  }
  return asAdded(left);
}

/** Records that fall within an older snapshot's block are passed on with it, in time order. */
function asAdded(left: readonly Left[]): Left[] {
  const places = new Map(left.map((one) => [{ ...one.indexed, link: one.placed.link }, one]));
  const interleaved = findInterleaved([...places.keys()]);
  return [...places].map(([place, one]) => {
    if (!interleaved.has(place)) return one;
    const block: Block = { ...one.indexed.block, reread: true };
    return { ...one, indexed: { ...one.indexed, block } };
  });
}

function asOne(chains: readonly BackendChain[], reader: ChainReader, left: readonly Left[]): OpenSnapshot {
  const keyOf = ({ file, offset }: Block): string => `${offset} ${file}`;
  const known = new Map(left.map((one) => [keyOf(one.indexed.block), one]));
  const find = (block: Block): Left => {
    const found = known.get(keyOf(block));
    if (found === undefined) throw new SnapshotError(`${block.file} is not in the chain`);
    return found;
  };
  async function* lines(block: Block): AsyncGenerator<string> {
    const { placed, marks } = find(block);
    const all = linesOf(reader, placed);
    yield* marks.size === 0 ? all : trimmedLines(fileOf(placed.block), all, marks);
  }
  return {
    ...claimsOfChain(chains),
    async *blocks() {
      for (const { indexed } of left) yield indexed;
    },
    lines,
    async read(block, into) {
      const { placed, marks } = find(block);
      if (marks.size === 0) return (await reader.use(placed.link)).read(placed.block, into);
      return Buffer.from((await Array.fromAsync(lines(block), (line) => `${line}\n`)).join(""));
    },
    async damage(block) {
      const { placed } = find(block);
      return (await reader.use(placed.link)).damage(placed.block);
    },
    close: () => closeAll(reader.links),
  };
}
