/** One person's data in a snapshot, wherever that lies: a block is parsed only where its bytes may hold the identifier. */
import type { Counts } from "../../contract/contract.ts";
import { fileOf } from "../../snapshot/format/block.ts";
import { type FileKind, kindOf } from "../../snapshot/format/file-totals.ts";
import type { LineRecord } from "../../snapshot/format/line-format.ts";
import type { ManifestPlugin } from "../../snapshot/format/manifest.ts";
import { isOfPlace } from "../../snapshot/read/of-place.ts";
import type { IndexedBlock, OpenSnapshot } from "../../snapshot/read/reader.ts";
import { messageOf } from "../../units/message-of.ts";
import { type Range, span } from "../../units/range.ts";
import type { Matcher } from "./matcher.ts";
import type { Needle } from "./needle.ts";

/** Whose data is looked for. */
export interface Sought {
  readonly needle: Needle;
  /** Finds it in what this backend has saved. */
  readonly matcher: (backend: Pick<ManifestPlugin, "name" | "plugin">) => Matcher;
}

/** What was found in one data file of a snapshot. */
export interface FoundInFile {
  readonly backend: string;
  /** As plugins name it; it may have the identifier in it. */
  readonly file: string;
  readonly kind: FileKind;
  /** Records; of an object or bytes 1 for the whole file. */
  readonly records: number;
  /** By unit. */
  readonly counts: Counts;
  readonly range?: Range;
  /** The lines of the index that name the blocks where it is. */
  readonly blocks: readonly number[];
}

/** What was found in a snapshot. */
export interface FoundInSnapshot {
  readonly files: readonly FoundInFile[];
  /** All records of each backend that was looked through, found or not. */
  readonly looked: ReadonlyMap<string, number>;
  /** What could not be read, so that it is not known whether it holds any. */
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
}

/** A record that was found, and where. */
export interface FoundRecord {
  readonly backend: string;
  readonly file: string;
  readonly record: LineRecord;
  /** The line as if it were its only record. */
  readonly line: string;
}

/** Whether a block is looked through. */
export type IsRead = (indexed: IndexedBlock) => boolean;

interface FindOptions {
  /** Is given each record, in the order in which they are stored. */
  readonly onRecord?: (found: FoundRecord) => void;
  /** Called after each block, and may collect garbage. */
  readonly relieve?: () => void;
  /** Whether a block is looked through; default: each is. */
  readonly isRead?: IsRead;
  readonly signal: AbortSignal;
}

/** Looks through all of its data. @throws what is not about a part of it */
export async function findInSnapshot(
  snapshot: Pick<OpenSnapshot, "blocks" | "read" | "manifest">,
  sought: Sought,
  { onRecord = () => {}, relieve = () => {}, isRead = () => true, signal }: FindOptions,
): Promise<FoundInSnapshot> {
  const tally = createTally();
  const matcher = matchersOf(snapshot.manifest.plugins, sought);
  const tails = new Map<string, Uint8Array>();
  let room: Uint8Array = new Uint8Array(0);
  for await (const indexed of snapshot.blocks()) {
    signal.throwIfAborted();
    const { plugin, block } = indexed;
    if (!isRead(indexed)) continue;
    if (room.length < block.bytes) room = Buffer.allocUnsafeSlow(block.bytes);
    try {
      const bytes = await snapshot.read(block, room);
      const looked: Looked = { ...indexed, bytes, matcher: matcher(plugin), needle: sought.needle };
      LOOK[kindOf(block)](looked, { tally, onRecord, tails });
      relieve();
    } catch (error) {
      if (isOfPlace(error)) throw error;
      tally.unread(fileOf(block), messageOf(error));
    }
  }
  return tally.result();
}

const matchersOf = (plugins: readonly ManifestPlugin[], { matcher }: Sought): ((name: string) => Matcher) => {
  const made = new Map(plugins.map((plugin) => [plugin.name, matcher(plugin)]));
  return (name) => made.get(name) ?? matcher({ name });
};

interface Looked extends IndexedBlock {
  /** Uncompressed. */
  readonly bytes: Uint8Array;
  readonly matcher: Matcher;
  readonly needle: Needle;
}

interface Looking {
  readonly tally: Tally;
  readonly onRecord: (found: FoundRecord) => void;
  /** The last bytes of the piece before, by file: an identifier may stand across two. */
  readonly tails: Map<string, Uint8Array>;
}

const LOOK: Readonly<Record<FileKind, (looked: Looked, looking: Looking) => void>> = {
  records({ plugin: backend, block, number, bytes, matcher, needle }, { tally, onRecord }) {
    const file = fileOf(block);
    tally.look(backend, block.records);
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (const line of needle.linesIn(bytes))
      for (const { record, line: own } of matcher.recordsIn(file, decoder.decode(line))) {
        tally.add({ backend, file, kind: "records", number }, record);
        onRecord({ backend, file, record, line: own });
      }
  },
  object({ plugin: backend, block, number, bytes, matcher, needle }, { tally }) {
    if (!needle.isIn(bytes) || !matcher.isIn(Buffer.from(bytes).toString())) return;
    tally.add({ backend, file: fileOf(block), kind: "object", number });
  },
  bytes({ plugin: backend, block, number, bytes, matcher, needle }, { tally, tails }) {
    const file = fileOf(block);
    const key = `${backend} ${file}`;
    const whole = Buffer.concat([tails.get(key) ?? NOTHING, bytes]);
    tails.delete(key);
    tails.set(key, Buffer.from(whole.subarray(-TAIL)));
    const [oldest] = tails.keys();
    if (tails.size > TAILS_MAX && oldest !== undefined) tails.delete(oldest);
    if ([...needle.linesIn(whole)].some((line) => matcher.isIn(Buffer.from(line).toString())))
      tally.add({ backend, file, kind: "bytes", number });
  },
};

const NOTHING = new Uint8Array(0);
/** Longer than an identifier in any spelling. Bytes */
const TAIL = 8 << 10;
/** As many files as are written at the same time, and more: a directory tree has a hundred thousand. */
const TAILS_MAX = 256;

/** Sums up what is found. */
interface Tally {
  look(backend: string, records: number): void;
  add(
    where: Pick<FoundInFile, "backend" | "file" | "kind"> & { readonly number: number },
    record?: LineRecord,
  ): void;
  unread(file: string, reason: string): void;
  result(): FoundInSnapshot;
}

interface Sums extends FoundInFile {
  records: number;
  counts: Record<string, number>;
  range?: Range;
  blocks: number[];
}

function createTally(): Tally {
  const files = new Map<string, Sums>();
  const looked = new Map<string, number>();
  const unread = new Map<string, string>();
  return {
    look: (backend, records) => void looked.set(backend, (looked.get(backend) ?? 0) + records),
    add({ backend, file, kind, number }, record) {
      const key = `${backend} ${file}`;
      const sums: Sums = files.get(key) ?? { backend, file, kind, records: 0, counts: {}, blocks: [] };
      files.set(key, sums);
      if (sums.blocks.at(-1) !== number) sums.blocks.push(number);
      if (record !== undefined) addRecord(sums, record);
      else sums.records = 1;
    },
    unread: (file, reason) => void unread.set(file, reason),
    result: () => ({
      files: [...files.values()],
      looked,
      unread: [...unread].map(([file, reason]) => ({ file, reason })),
    }),
  };
}

function addRecord(sums: Sums, { units, time }: LineRecord): void {
  sums.records += 1;
  for (const unit of units.length === 0 ? ["records"] : units)
    sums.counts[unit] = (sums.counts[unit] ?? 0) + 1;
  if (time !== undefined) sums.range = sums.range === undefined ? time : span(sums.range, time);
}
