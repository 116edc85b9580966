/** Whether a dashboard or a folder is still what a plan saw of it: agreement was to that, and to nothing that came later. */
import type { DashboardDocument, DashboardFolder, DashboardStore } from "../contract/contract.ts";

/** SHA-256 of what a dashboard holds and of where it lies, in hex. */
export const dashboardHash = ({ folderUid, text, managedBy = "" }: DashboardDocument): string =>
  new Bun.CryptoHasher("sha256").update(JSON.stringify([folderUid, managedBy, text])).digest("hex");

/** A folder's title and where it lies, in one text. */
export const folderIdentity = ({ uid, title, parentUid = "" }: DashboardFolder): string =>
  JSON.stringify([uid, title, parentUid]);

const CHANGED =
  "somebody changed it since the plan was made, so it was left as it is; run the command again to see it as it is now";

/**
 * Reads a dashboard that is about to be replaced or deleted.
 * @param hash its {@link dashboardHash} in the plan
 * @throws Error when it is not that any more
 */
export async function readUnchanged(
  store: DashboardStore,
  { uid, hash }: { readonly uid: string; readonly hash: string | undefined },
  signal: AbortSignal,
): Promise<DashboardDocument> {
  const now = await store.read(uid, signal);
  if (dashboardHash(now) !== hash) throw new Error(CHANGED);
  return now;
}

/** @throws Error when the folder is not, or no longer, as the plan saw it */
export function requireUnchangedFolder(planned: DashboardFolder, now: readonly DashboardFolder[]): void {
  const found = now.find(({ uid }) => uid === planned.uid);
  if (found === undefined) throw new Error("it is not there any more");
  if (folderIdentity(found) !== folderIdentity(planned)) throw new Error(CHANGED);
}
