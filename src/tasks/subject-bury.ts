/** Gives each record that is found in a snapshot a tombstone, before any of them is removed. */
import type { StoredRecord } from "../contract/contract.ts";
import { relieveNow } from "../engine/memory-pressure.ts";
import { findInSnapshot } from "../retention/subjects/in-snapshot.ts";
import type { RecordsOf } from "../retention/tombstones/tag.ts";
import type { Tombstones } from "../retention/tombstones/tombstones.ts";
import { openSnapshot } from "../snapshot/read/reader.ts";
import type { FoundInKept } from "./subject-found.ts";
import { soughtOf } from "./subject-sought.ts";
import { findStored, knowsBytes } from "./subject-stored.ts";
import type { TaskContext } from "./task/task.ts";

/** Whose records, where to, and which of them are not removed. */
interface Burying {
  readonly subject: string;
  readonly tombstones: Tombstones;
  readonly isStaying: (of: RecordsOf) => boolean;
}

/** Only blocks in which something was found are read. */
export async function bury(
  context: TaskContext,
  { one, files }: FoundInKept,
  { subject, tombstones, isStaying }: Burying,
): Promise<void> {
  const batches = batching(tombstones, isStaying);
  const snapshot = await openSnapshot(one.kept.files);
  try {
    const { data } = soughtOf(context, subject);
    await findInSnapshot(snapshot, data, {
      signal: context.signal,
      relieve: relieveNow,
      isKnown: (backend) => knowsBytes(context, backend),
      only: new Set(files.flatMap(({ blocks }) => blocks)),
      onRecord: ({ backend, file, record }) => batches.add({ plugin: backend, file }, record.content),
    });
    const onStored = (record: StoredRecord, of: { readonly backend: string; readonly file: string }): void =>
      batches.add({ plugin: of.backend, file: of.file }, record.content);
    await findStored(context, snapshot, subject, onStored);
    batches.flush();
  } finally {
    await snapshot.close();
  }
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
