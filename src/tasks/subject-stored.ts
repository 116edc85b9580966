/** Records within files of bytes of a snapshot (databases, dumps), found by the backend that has written them. */
import { join } from "node:path";
import type { StoredData, StoredRecord } from "../contract/contract.ts";
import type { IsRead } from "../retention/subjects/in-snapshot.ts";
import { type Block, fileOf } from "../snapshot/format/block.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { localStorage } from "../storage/local.ts";
import { makeOwnDirectory } from "../storage/own-file.ts";
import { discardDirectory } from "../storage/whole-directory.ts";
import { messageOf } from "../units/message-of.ts";
import type { FoundStored } from "./subject-found.ts";
import { placesOf } from "./subject-servers.ts";
import type { TaskContext } from "./task/task.ts";

/** A backend that knows what is within its files, and where in them persons show up. */
interface Knowing {
  readonly stored: StoredData;
  readonly wheres: readonly string[];
}

/** The backend of this name, if it does. */
export function knowing(
  context: Pick<TaskContext, "backends" | "config">,
  name: string,
): Knowing | undefined {
  const stored = context.backends.find((one) => one.name === name)?.backend.stored;
  const wheres = placesOf(context, { name }).flatMap(({ where }) => where ?? []);
  return stored === undefined || wheres.length === 0 ? undefined : { stored, wheres };
}

const knowsBytes = (context: Pick<TaskContext, "backends" | "config">, name: string): boolean =>
  knowing(context, name) !== undefined;

/** Every record that a backend finds in an unpacked file, each once. */
export async function* storedRecords(
  { stored, wheres }: Knowing,
  file: { readonly file: string; readonly path: string },
  id: string,
  signal: AbortSignal,
): AsyncGenerator<StoredRecord> {
  const seen = new Set<string>();
  for (const where of wheres)
    for await (const record of stored.find(file, { id, where }, signal)) {
      const key = JSON.stringify(record.reference);
      if (!seen.has(key)) yield record;
      seen.add(key);
    }
}

interface StoredAsked {
  readonly subject: string;
  /** A file is asked about if any of its blocks is. */
  readonly isRead?: IsRead;
  readonly onRecord?: (record: StoredRecord, of: Pick<FoundStored, "backend" | "file">) => void;
}

interface StoredSearch {
  readonly found: readonly FoundStored[];
  readonly unread: readonly { readonly file: string; readonly reason: string }[];
}

/** Unpacks each file that a backend knows, asks it, and removes it again. */
export async function findStored(
  context: TaskContext,
  snapshot: Pick<OpenSnapshot, "blocks" | "read">,
  { subject, isRead = () => true, onRecord = () => {} }: StoredAsked,
): Promise<StoredSearch> {
  const found: FoundStored[] = [];
  const unread: { file: string; reason: string }[] = [];
  for (const { backend, file, blocks } of await filesKnown(context, snapshot, isRead)) {
    const knows = knowing(context, backend);
    if (knows === undefined) continue;
    try {
      await unpacked(context, snapshot, blocks, async (path) => {
        const records = storedRecords(knows, { file, path }, subject, context.signal);
        found.push(...(await summed(records, { backend, file }, onRecord)));
      });
    } catch (error) {
      context.signal.throwIfAborted();
      unread.push({ file, reason: messageOf(error) });
    }
  }
  return { found, unread };
}

interface KnownFile {
  readonly backend: string;
  readonly file: string;
  readonly blocks: Block[];
}

async function filesKnown(
  context: TaskContext,
  snapshot: Pick<OpenSnapshot, "blocks">,
  isRead: IsRead,
): Promise<readonly KnownFile[]> {
  const files = new Map<string, KnownFile>();
  const wanted = new Set<string>();
  for await (const indexed of snapshot.blocks()) {
    const { plugin: backend, block } = indexed;
    if (kindOf(block) !== "bytes" || block.content || !knowsBytes(context, backend)) continue;
    const known = files.get(block.file) ?? { backend, file: fileOf(block), blocks: [] };
    known.blocks.push(block);
    files.set(block.file, known);
    if (isRead(indexed)) wanted.add(block.file);
  }
  return [...files].flatMap(([name, file]) => (wanted.has(name) ? file : []));
}

async function unpacked(
  { config: { directory } }: Pick<TaskContext, "config">,
  snapshot: Pick<OpenSnapshot, "read">,
  blocks: readonly Block[],
  work: (path: string) => Promise<void>,
): Promise<void> {
  const own = join(directory, ".contextcore");
  const folder = join(own, "searching", crypto.randomUUID());
  makeOwnDirectory(own, folder, 0o700);
  try {
    const files = localStorage(folder);
    const file = await files.append("file", 0);
    try {
      for (const block of blocks) await file.append(await snapshot.read(block));
    } finally {
      await file.close();
    }
    await work(files.shown("file"));
  } finally {
    await discardDirectory(folder);
  }
}

async function summed(
  records: AsyncIterable<StoredRecord>,
  of: Pick<FoundStored, "backend" | "file">,
  onRecord: (record: StoredRecord, of: Pick<FoundStored, "backend" | "file">) => void,
): Promise<FoundStored[]> {
  const sums = new Map<string, FoundStored>();
  for await (const record of records) {
    const { unit, count, where } = record;
    onRecord(record, of);
    const key = `${unit} ${where}`;
    sums.set(key, { ...of, unit, where, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()];
}
