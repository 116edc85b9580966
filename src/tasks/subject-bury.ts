/** Gives each record that is found in a snapshot a tombstone, before any of them is removed. */
import type { StoredRecord } from "../contract/contract.ts";
import { relieveNow } from "../engine/memory-pressure.ts";
import { findInSnapshot } from "../retention/subjects/in-snapshot.ts";
import type { RecordsOf } from "../retention/tombstones/tag.ts";
import type { Tombstones } from "../retention/tombstones/tombstones.ts";
import { fileOf } from "../snapshot/format/block.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { type OpenSnapshot, openSnapshot } from "../snapshot/read/reader.ts";
import type { FoundInKept } from "./subject-found.ts";
import { soughtOf } from "./subject-sought.ts";
import { findStored } from "./subject-stored.ts";
import type { TaskContext } from "./task/task.ts";

/** Whose records, where to, and which of them are not removed. */
interface Burying {
  readonly subject: string;
  readonly tombstones: Tombstones;
  readonly isStaying: (of: RecordsOf) => boolean;
}

/** Only blocks in which something was found are read. @returns the checksums of the others: what they hold is known */
export async function bury(
  context: TaskContext,
  { one, files, stored }: FoundInKept,
  { subject, tombstones, isStaying }: Burying,
): Promise<ReadonlySet<string>> {
  const named = new Set(files.flatMap(({ blocks }) => blocks));
  const batches = batching(tombstones, isStaying);
  const snapshot = await openSnapshot(one.kept.files);
  try {
    const { data } = soughtOf(context, subject);
    await findInSnapshot(snapshot, data, {
      signal: context.signal,
      relieve: relieveNow,
      isRead: ({ number, block }) => named.has(number) && kindOf(block) === "records",
      onRecord: ({ backend, file, record }) => batches.add({ plugin: backend, file }, record.content),
    });
    const onStored = (record: StoredRecord, of: { readonly backend: string; readonly file: string }): void =>
      batches.add({ plugin: of.backend, file: of.file }, record.content);
    await findStored(context, snapshot, { subject, onRecord: onStored });
    batches.flush();
    return await othersThan(named, stored, snapshot);
  } finally {
    await snapshot.close();
  }
}

/** Blocks in which nothing was found, and that are no part of a file in which something was. */
async function othersThan(
  named: ReadonlySet<number>,
  stored: FoundInKept["stored"],
  snapshot: Pick<OpenSnapshot, "blocks">,
): Promise<ReadonlySet<string>> {
  const files = new Set(stored.map(({ backend, file }) => `${backend} ${file}`));
  const others = new Set<string>();
  for await (const { plugin, block, number } of snapshot.blocks())
    if (!named.has(number) && !files.has(`${plugin} ${fileOf(block)}`)) others.add(block.sha256);
  return others;
}

/** How many are held before they are written. */
const HELD = 1 << 14;

function batching(tombstones: Tombstones, isStaying: Burying["isStaying"]) {
  const held = new Map<string, { readonly of: RecordsOf; readonly contents: string[] }>();
  let size = 0;
  const flush = (): void => {
    for (const { of, contents } of held.values()) tombstones.add(of, contents);
    held.clear();
    size = 0;
  };
  return {
    flush,
    add(of: RecordsOf, content: string): void {
      if (isStaying(of)) return;
      const key = `${of.plugin} ${of.file}`;
      const batch = held.get(key) ?? { of, contents: [] };
      held.set(key, batch);
      batch.contents.push(content);
      size += 1;
      if (size >= HELD) flush();
    },
  };
}
