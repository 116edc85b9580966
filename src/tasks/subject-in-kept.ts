/** One person's data in one snapshot: its records, what is within its files of bytes, and what it says of itself. */
import type { StoredRecord } from "../contract/contract.ts";
import { relieveNow } from "../engine/memory-pressure.ts";
import {
  type FoundInFile,
  type FoundInSnapshot,
  type FoundRecord,
  findInSnapshot,
  type IsRead,
} from "../retention/subjects/in-snapshot.ts";
import { mentionsIn } from "../retention/subjects/in-text.ts";
import { openSnapshot } from "../snapshot/read/reader.ts";
import { given } from "../units/given.ts";
import type { FoundInKept, FoundStored, ReadSnapshot } from "./subject-found.ts";
import { soughtOf } from "./subject-sought.ts";
import { findStored } from "./subject-stored.ts";
import type { TaskContext } from "./task/task.ts";

/** With what of it could not be read. */
interface SeenInKept extends FoundInKept, Pick<FoundInSnapshot, "unread"> {}

/** Who is given each record. */
export interface Heard {
  /** Whether a block is looked through; default: each is. */
  readonly isRead?: IsRead;
  /** Of a line. */
  readonly onRecord?: (found: FoundRecord, one: ReadSnapshot) => void;
  /** Of a file of bytes. */
  readonly onStored?: (
    record: StoredRecord,
    of: Pick<FoundStored, "backend" | "file">,
    one: ReadSnapshot,
  ) => void;
}

/** The backend erases what it has found in a file; whether the bytes hold more is seen when that is gone. */
const isFoundWithin = ({ backend, file }: FoundInFile, stored: readonly FoundStored[]): boolean =>
  stored.some((one) => one.backend === backend && one.file === file);

/** @throws what is not about a part of it */
export async function findInKept(
  context: TaskContext,
  one: ReadSnapshot,
  subject: string,
  { isRead, onRecord, onStored }: Heard = {},
): Promise<SeenInKept> {
  const { data, texts } = soughtOf(context, subject);
  const { files: storage } = one.kept;
  const snapshot = await openSnapshot(storage);
  try {
    const { files, unread } = await findInSnapshot(snapshot, data, {
      signal: context.signal,
      relieve: relieveNow,
      ...given({ isRead }),
      ...(onRecord === undefined ? {} : { onRecord: (found) => onRecord(found, one) }),
    });
    const stored = await findStored(context, snapshot, {
      subject,
      ...given({ isRead }),
      onRecord: (record, of) => onStored?.(record, of, one),
    });
    const mentions = await mentionsIn(storage, texts);
    return {
      one,
      files: files.filter((file) => !isFoundWithin(file, stored.found)),
      ...{ stored: stored.found, mentions },
      unread: [...new Map([...unread, ...stored.unread].map((part) => [part.file, part])).values()],
    };
  } finally {
    await snapshot.close();
  }
}
