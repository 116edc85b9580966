/** One person's records, gathered while snapshots are looked through, and told once however many of them hold one. */
import type { StoredRecord } from "../contract/contract.ts";
import type { FoundRecord } from "../retention/subjects/in-snapshot.ts";
import { openScratch, type Scratch } from "../storage/scratch.ts";
import { createKeySet } from "../units/key-set.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { FoundSource, FoundStored, ReadSnapshot } from "./subject-found.ts";

/** A record as it is handed over, but its data. */
export interface GatheredRecord {
  readonly source: FoundSource;
  /** Where it was found first. */
  readonly name: string;
  readonly backend?: string;
  /** The data file. */
  readonly file?: string;
  readonly unit: string;
  /** RFC 3339. */
  readonly time?: string;
}

/** Records, in files without a name. */
export interface Gathered extends Disposable {
  add(record: GatheredRecord, data: string): void;
  addFound(found: FoundRecord, one: ReadSnapshot): void;
  addStored(record: StoredRecord, of: Pick<FoundStored, "backend" | "file">, one: ReadSnapshot): void;
  /** How many of a backend there are. */
  countOf(backend: string): number;
  readonly size: number;
  /** Each with its data as JSON, those of one backend and one file together. */
  each(): AsyncGenerator<GatheredRecord & { readonly data: string }>;
}

/** Gathers nothing yet; dispose of it. */
export function gather(): Gathered {
  const files = new Map<string, Scratch>();
  const counts = new Map<string, number>();
  const seen = createKeySet();
  let size = 0;
  const add: Gathered["add"] = (record, data) => {
    const key = `${record.source === "copy" ? "snapshot" : record.source} ${record.backend} ${record.file}`;
    const file = files.get(key) ?? openScratch();
    files.set(key, file);
    file.write(Buffer.from(`${JSON.stringify(record)}\n${data}\n`));
    size += 1;
  };
  return {
    add,
    addFound({ backend, file, record, line }, one) {
      if (!seen.add(`${backend} ${file} ${record.content}`)) return;
      counts.set(backend, (counts.get(backend) ?? 0) + 1);
      const at = record.time?.from ?? (record.timeMs > 0 ? fromMs(record.timeMs) : undefined);
      const time = at === undefined ? {} : { time: toRfc3339(at) };
      const unit = record.units[0] ?? "records";
      add({ ...placeOf(one), backend, file, unit, ...time }, line);
    },
    addStored({ content, unit, count }, { backend, file }, one) {
      if (!seen.add(`${backend} ${file} ${content}`)) return;
      counts.set(backend, (counts.get(backend) ?? 0) + count);
      add({ ...placeOf(one), backend, file, unit }, isJson(content) ? content : JSON.stringify(content));
    },
    countOf: (backend) => counts.get(backend) ?? 0,
    get size() {
      return size;
    },
    async *each() {
      for (const file of files.values()) yield* recordsIn(file);
    },
    [Symbol.dispose]() {
      for (const file of files.values()) file.close();
    },
  };
}

const placeOf = ({ isHere, name, kept }: ReadSnapshot): Pick<GatheredRecord, "source" | "name"> =>
  isHere ? { source: "snapshot", name } : { source: "copy", name: kept.path };

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return !text.includes("\n");
  } catch {
    return false;
  }
}

const CHUNK = 1 << 20;

async function* recordsIn(scratch: Scratch): AsyncGenerator<GatheredRecord & { readonly data: string }> {
  let head: string | undefined;
  for await (const line of textLines(scratch)) {
    if (head === undefined) head = line;
    else {
      const record: GatheredRecord = JSON.parse(head);
      yield { ...record, data: line };
      head = undefined;
    }
  }
}

async function* textLines(scratch: Scratch): AsyncGenerator<string> {
  const file = scratch.file();
  const decoder = new TextDecoder();
  let held = "";
  for (let at = 0; at < scratch.size; at += CHUNK) {
    const room = new Uint8Array(Math.min(CHUNK, scratch.size - at));
    await file.read(room, at);
    const lines = (held + decoder.decode(room, { stream: true })).split("\n");
    held = lines.pop() ?? "";
    yield* lines;
  }
}
