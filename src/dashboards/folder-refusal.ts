/** What Grafana refuses of a folder, whatever else it holds: known before it is asked, so that a plan promises nothing of it. */
import type { DashboardFolder } from "../contract/contract.ts";

const UID_LENGTH_MAX = 40;
/** Folders that are there under no administrator's control. */
const RESERVED = ["general", "sharedwithme"];
/** `max_nested_folder_depth`: 4 unless it is set, and never more than 7. */
const DEPTH_MAX = 7;
const DEPTH_DEFAULT = 4;

const uidRefusal = (uid: string): string | undefined => {
  if (!/^[\w-]*$/.test(uid))
    return `its uid contains illegal characters: ${JSON.stringify(uid)} (letters, digits, - and _ are taken)`;
  if (uid.length > UID_LENGTH_MAX)
    return `its uid is too long: ${uid.length} characters, and ${UID_LENGTH_MAX} are taken`;
  return undefined;
};

/** Why a new folder would be refused. @param depth 1 at the root */
export function folderRefusalOf({ uid }: Pick<DashboardFolder, "uid">, depth: number): string | undefined {
  if (RESERVED.includes(uid)) return `its uid is one of Grafana's own: ${uid}`;
  if (depth > DEPTH_MAX) return `it lies ${depth} folders deep, and Grafana takes at most ${DEPTH_MAX}`;
  return uidRefusal(uid);
}

/** What may be refused, as the server is set. @param depth 1 at the root */
export const folderDoubt = (depth: number): string | undefined =>
  depth > DEPTH_DEFAULT
    ? `it lies ${depth} folders deep: Grafana takes ${DEPTH_DEFAULT}, unless max_nested_folder_depth says more`
    : undefined;
