/** Something of one snapshot that goes: what is agreed to, and doing it. */
import { findCopy } from "../copies/read/find-copy.ts";
import { type KeptSnapshot, keptAt } from "../snapshot/catalog/kept.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import type { CopyThere } from "./everywhere.ts";
import type { DueItem, Staying } from "./expirer.ts";
import type { Concerned } from "./open-exports.ts";
import type { Running } from "./task/task.ts";

/** What goes of one snapshot, wherever it is. */
export interface Going {
  /** Whose data it is. */
  readonly of: readonly Concerned[];
  readonly items: readonly DueItem[];
  /** What of it is owed already, before anything is done. */
  readonly stays: readonly Staying[];
  /** @param did is told of each item that is gone @returns what is owed @throws what stopped it */
  go(running: Running, did: (name: string) => void): Promise<readonly Staying[]>;
}

/** What was planned for is not what is there any more. */
export const changedSince = (name: string): Staying => ({
  name,
  reason: "it has changed since the plan was made",
  isOwed: true,
});

/** Whether a snapshot is still the one that was planned for. */
export async function isSameSnapshot({ files, manifest }: KeptSnapshot): Promise<boolean> {
  const now = await keptAt(files).catch(ifNotCredible);
  return now?.manifest.sha256 === manifest.sha256;
}

/** Whether a copy is still the one that was planned for. @throws PluginError */
export async function isSameCopy({ open, name, manifest }: CopyThere): Promise<boolean> {
  const found = await findCopy(open, name).catch(ifNotCredible);
  return found?.copy.manifest === manifest;
}

function ifNotCredible(error: unknown): undefined {
  if (!(error instanceof SnapshotError)) throw error;
}
