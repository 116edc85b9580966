/**
 * Compares two snapshots record by record, in bounded memory.
 *
 * First every record is hashed, and the hashes of each hour are summed: hours that are equal, or that only one side has, are
 * settled by their sums. Only the differing hours are read again, as many at a time as memory allows, and compared hash by
 * hash.
 */
import type { Json } from "../contract/contract.ts";
import { type Block, fileOf } from "../snapshot/format/block.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { unitOf } from "../snapshot/format/formats.ts";
import { sharedName } from "../snapshot/format/paths.ts";
import { recordsOf } from "../snapshot/format/record-keys.ts";
import type { IndexedBlock, OpenSnapshot } from "../snapshot/read/reader.ts";
import type { Range } from "../units/range.ts";

/** How many records of one file are only in the first snapshot, only in the second, and in both. */
export interface FileDifference {
  /** The data file, or an object's path. */
  readonly file: string;
  /** What is counted: `entries`, `samples`, `spans`, `lines`, `objects`, `files`. */
  readonly unit: string;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly both: number;
}

/** Records compared hash by hash at once: about 100 bytes each. */
const AT_ONCE = 500_000;

/** Every file of either snapshot, by name. @throws SnapshotError when a block is not what was written */
export async function diffSnapshots(a: OpenSnapshot, b: OpenSnapshot): Promise<FileDifference[]> {
  const files = new Map<string, FileTally>();
  await sum(a, "a", files);
  await sum(b, "b", files);
  for (const [file, tally] of files) {
    for (const group of groups(tally)) await compareExactly(file, tally, group, a, b);
  }
  return [...files]
    .map(([file, { unit, both, onlyA, onlyB }]) => ({ file, unit, both, onlyA, onlyB }))
    .sort((left, right) => (left.file < right.file ? -1 : 1));
}

type Side = "a" | "b";

/** One hour of one file: how many records each side has, and the sum of their hashes. */
interface Hour {
  readonly count: Record<Side, number>;
  readonly sum: Record<Side, bigint>;
}

interface FileTally {
  readonly unit: string;
  readonly hours: Map<number, Hour>;
  both: number;
  onlyA: number;
  onlyB: number;
}

const HOUR_MS = 3_600_000;

async function sum(snapshot: OpenSnapshot, side: Side, files: Map<string, FileTally>): Promise<void> {
  const named = namesIn(snapshot);
  const ofBytes = new Map<string, Bun.CryptoHasher>();
  for await (const placed of snapshot.blocks()) {
    const { block } = placed;
    // Lines name it, with its checksums.
    if (block.content) continue;
    const file = named(placed);
    const tally = files.get(file) ?? newTally(countedAs(block));
    files.set(file, tally);
    if (kindOf(block) === "bytes") await addBytes(snapshot, block, hasherOf(ofBytes, file));
    else await eachHash(snapshot, block, (hash, hour) => enter(tally, side, hash, hour));
  }
  // Independent of how the file was divided into blocks.
  for (const [file, hasher] of ofBytes) enter(files.get(file), side, hasher.digest().readBigUInt64LE(), 0);
}

const newTally = (unit: string): FileTally => ({ unit, hours: new Map(), both: 0, onlyA: 0, onlyB: 0 });

function countedAs(block: Block): string {
  const kind = kindOf(block);
  if (kind === "records") return unitOf(fileOf(block)) ?? "lines";
  return kind === "bytes" ? "files" : "objects";
}

function hasherOf(hashers: Map<string, Bun.CryptoHasher>, file: string): Bun.CryptoHasher {
  const hasher = hashers.get(file) ?? new Bun.CryptoHasher("sha256");
  hashers.set(file, hasher);
  return hasher;
}

async function addBytes(snapshot: OpenSnapshot, block: Block, hasher: Bun.CryptoHasher): Promise<void> {
  hasher.update(await snapshot.read(block));
}

function enter(tally: FileTally | undefined, side: Side, hash: bigint, hour: number): void {
  if (tally === undefined) return;
  const known = tally.hours.get(hour) ?? { count: { a: 0, b: 0 }, sum: { a: 0n, b: 0n } };
  tally.hours.set(hour, known);
  known.count[side] += 1;
  known.sum[side] = BigInt.asUintN(64, known.sum[side] + hash);
}

/** What a block's file is called among all of its snapshot's, in which two instances may have one of the same name. */
function namesIn({ manifest }: OpenSnapshot): (placed: Pick<IndexedBlock, "plugin" | "block">) => string {
  const plugins = new Map(manifest.plugins.map((one) => [one.name, one]));
  return ({ plugin, block }) => sharedName(plugins.get(plugin) ?? { name: plugin }, fileOf(block));
}

async function eachHash(
  snapshot: OpenSnapshot,
  block: Block,
  onHash: (hash: bigint, hour: number) => void,
): Promise<void> {
  const file = fileOf(block);
  if (block.range === undefined) return onHash(Bun.hash.xxHash64(await snapshot.read(block)), 0);
  for await (const text of snapshot.lines(block)) {
    const line: Json = JSON.parse(text);
    for (const { content, timeMs } of recordsOf(file, line))
      onHash(Bun.hash.xxHash64(content), Math.floor(timeMs / HOUR_MS));
  }
}

/** What is compared hash by hash at once: some hours, or part of an hour that has too many records. */
interface Group {
  readonly hours: ReadonlySet<number>;
  readonly part: bigint;
  readonly parts: bigint;
}

/** Settles the hours that need no comparison, and groups the others so that each group fits into memory. */
function groups(tally: FileTally): Group[] {
  const made: Group[] = [];
  let hours = new Set<number>();
  let records = 0;
  const close = (): void => {
    const parts = BigInt(Math.max(1, Math.ceil(records / AT_ONCE)));
    if (hours.size > 0) for (let part = 0n; part < parts; part += 1n) made.push({ hours, part, parts });
    [hours, records] = [new Set(), 0];
  };
  for (const [hour, { count, sum }] of tally.hours) {
    if (count.a === count.b && sum.a === sum.b) tally.both += count.a;
    else if (count.a === 0 || count.b === 0 || tally.unit === "files") {
      tally.onlyA += count.a;
      tally.onlyB += count.b;
    } else {
      if (records + count.a + count.b > AT_ONCE) close();
      hours.add(hour);
      records += count.a + count.b;
    }
  }
  close();
  return made;
}

async function compareExactly(
  file: string,
  tally: FileTally,
  group: Group,
  a: OpenSnapshot,
  b: OpenSnapshot,
): Promise<void> {
  const left = await hashesOf(a, file, group);
  const right = await hashesOf(b, file, group);
  let both = 0;
  for (const [hash, count] of left) both += Math.min(count, right.get(hash) ?? 0);
  tally.both += both;
  tally.onlyA += total(left) - both;
  tally.onlyB += total(right) - both;
}

const total = (hashes: ReadonlyMap<bigint, number>): number =>
  [...hashes.values()].reduce((sum, count) => sum + count, 0);

async function hashesOf(snapshot: OpenSnapshot, file: string, group: Group): Promise<Map<bigint, number>> {
  const hashes = new Map<bigint, number>();
  const named = namesIn(snapshot);
  for await (const placed of snapshot.blocks()) {
    const { block } = placed;
    if (named(placed) !== file || !mayHold(block.range, group)) continue;
    await eachHash(snapshot, block, (hash, hour) => {
      if (group.hours.has(hour) && hash % group.parts === group.part)
        hashes.set(hash, (hashes.get(hash) ?? 0) + 1);
    });
  }
  return hashes;
}

/** Records without a time are in hour 0, wherever their block lies. */
function mayHold(range: Range | undefined, { hours }: Group): boolean {
  if (range === undefined || hours.has(0)) return true;
  const [first, last] = [range.from, range.to].map((ns) => Math.floor(Number(ns / 1_000_000n) / HOUR_MS));
  for (const hour of hours) if (hour >= (first ?? hour) && hour <= (last ?? hour)) return true;
  return false;
}
