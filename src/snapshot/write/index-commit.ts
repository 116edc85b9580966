import { groupCommit } from "../../storage/group-commit.ts";
import type { Storage } from "../../storage/storage.ts";
import { INDEX_FILE } from "../read/index-lines.ts";
import type { DataFile } from "./data-file.ts";

/**
 * Writes the growing block index. Lines wait in a group until the data that they name is durable: first the group's files are
 * fsynced, then its lines are appended and fsynced. So the index never names bytes that are not on the disk, and a crash
 * loses at most one group.
 */
export interface IndexCommit {
  /** Adds lines whose data is written, and the files that must be durable before them. Waits while too much is pending. */
  add(lines: string, dataBytes: number, files: readonly WaitingFile[]): Promise<void>;
  /** Commits everything pending. */
  flush(): Promise<void>;
  /** The sums over what is committed. */
  summary(): { readonly bytes: number; readonly lines: number; readonly sha256: string };
  close(): Promise<void>;
}

/** A file that must be made durable, once per group. */
export type WaitingFile = Pick<DataFile, "path" | "flush">;

interface GroupOptions {
  /** The unfinished snapshot. */
  readonly snapshot: Storage;
  /** How long, ms, and how much data, bytes, one group may hold back. */
  readonly groupMs: number;
  readonly groupBytes: number;
  /** Called when a group cannot be committed, perhaps more than once. Nothing is committed after that. */
  readonly onFailure: (error: Error) => void;
  /** After an interrupted export: the index is cut to this many bytes, whose hash and number of lines are known. */
  readonly committed?: { readonly bytes: number; readonly lines: number; readonly hasher: Bun.CryptoHasher };
}

/** The lines of one step, and the files that they name. */
interface Entry {
  readonly lines: string;
  readonly files: readonly WaitingFile[];
}

/** Opens the index for appending: a new one, or one cut back to what is committed. @throws SnapshotError when the disk refuses */
export async function openIndexCommit(options: GroupOptions): Promise<IndexCommit> {
  const { snapshot, groupMs, groupBytes, onFailure, committed } = options;
  const index = await snapshot.append(INDEX_FILE, committed?.bytes ?? 0);
  const hasher = committed?.hasher ?? new Bun.CryptoHasher("sha256");
  let size = committed?.bytes ?? 0;
  let lines = committed?.lines ?? 0;

  const commit = async (entries: readonly Entry[]): Promise<void> => {
    const files = new Map(entries.flatMap((entry) => entry.files.map((file) => [file.path, file])));
    await Promise.all([...files.values()].map((file) => file.flush()));
    await snapshot.commit([...files.keys()]);
    const text = entries.map((entry) => entry.lines).join("");
    const bytes = Buffer.from(text);
    await index.append(bytes);
    await snapshot.commit([INDEX_FILE]);
    hasher.update(bytes);
    size += bytes.length;
    lines += text.split("\n").length - 1;
  };
  const group = groupCommit({ commit, groupMs, groupBytes, onFailure });

  return {
    add: (text, dataBytes, files) => group.add({ lines: text, files }, dataBytes + text.length),
    flush: group.flush,
    summary: () => ({ bytes: size, lines, sha256: hasher.copy().digest("hex") }),
    async close() {
      await group.close();
      await index.close();
    },
  };
}
