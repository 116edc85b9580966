import { basename, dirname, join } from "node:path";
import type { DashboardStore } from "../contract/contract.ts";
import { entriesIn, isThere } from "../storage/entries.ts";
import {
  beginDirectory,
  discardDirectory,
  publishDirectory,
  publishInto,
  syncTree,
} from "../storage/whole-directory.ts";
import { inParallel } from "../units/in-parallel.ts";
import { isLitter } from "../units/litter.ts";
import { messageOf } from "../units/message-of.ts";
import { systemRefusal } from "../units/system-refusal.ts";
import { createAttempts, type Unwritten } from "./attempts.ts";
import { directoriesOf, saveDocument, saveFolders } from "./save-documents.ts";

/** How many folders and dashboards were written, and what was not. */
export interface ExportedDashboards {
  readonly folders: number;
  readonly dashboards: number;
  /** Dashboards that could not be read. */
  readonly failed: readonly Unwritten[];
}

/** The target is not a directory that can be filled. */
class TargetError extends Error {
  override readonly name = "TargetError";
  readonly hint = "Name a new directory, or empty this one: any file left in it would also be provisioned.";
}

/**
 * Writes all folders and dashboards into a directory from which `provision` restores them unchanged. The directory must be
 * new, or empty except for hidden entries; it appears only when everything is in it.
 * @throws TargetError when there is something in it
 */
export async function exportDashboards(
  store: DashboardStore,
  directory: string,
  signal: AbortSignal,
): Promise<ExportedDashboards> {
  requireEmpty(directory);
  const publish = isThere(directory) ? publishInto : publishDirectory;
  const partial = join(dirname(directory), `.${basename(directory)}.partial`);
  await discardDirectory(partial);
  try {
    if (!(await beginDirectory(partial)))
      throw new TargetError(`${partial} is being filled by somebody else`);
    const result = await fill(store, partial, signal);
    await syncTree(partial);
    await publish(partial, directory);
    return result;
  } finally {
    await discardDirectory(partial);
  }
}

/** @throws TargetError when there is something visible in the directory, or it is none */
function requireEmpty(directory: string): void {
  const visible = namesIn(directory).find((name) => !name.startsWith(".") && !isLitter(name));
  if (visible !== undefined) throw new TargetError(`${directory} is not empty: it holds ${visible}`);
}

function namesIn(directory: string): string[] {
  try {
    return entriesIn(directory).map(({ name }) => name);
  } catch (error) {
    const why = systemRefusal(error)?.what ?? messageOf(error);
    throw new TargetError(`${directory} is not a readable directory: ${why}`);
  }
}

async function fill(
  store: DashboardStore,
  directory: string,
  signal: AbortSignal,
): Promise<ExportedDashboards> {
  const { folders, dashboards } = await store.list(signal);
  const directories = directoriesOf(folders);
  await saveFolders(directory, folders, directories);
  const { attempt, failed } = createAttempts(signal);
  await inParallel(dashboards, ({ uid, title }) =>
    attempt(`${title} (${uid})`, async () => {
      await saveDocument(directory, await store.read(uid, signal), directories);
    }),
  );
  return { folders: folders.length, dashboards: dashboards.length - failed.length, failed };
}
