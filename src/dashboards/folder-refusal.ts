/** Why Grafana always refuses some folders. Known in advance, so that a plan does not promise them. */
import type { DashboardFolder } from "../contract/contract.ts";

const UID_LENGTH_MAX = 40;
/** Grafana's own folders, which no administrator controls. */
const RESERVED = ["general", "sharedwithme"];
/** `max_nested_folder_depth`: 4 by default, and at most 7. */
const DEPTH_MAX = 7;
const DEPTH_DEFAULT = 4;

const uidRefusal = (uid: string): string | undefined => {
  if (!/^[\w-]*$/.test(uid))
    return `its uid contains illegal characters: ${JSON.stringify(uid)} (letters, digits, - and _ are allowed)`;
  if (uid.length > UID_LENGTH_MAX)
    return `its uid is too long: ${uid.length} characters, and at most ${UID_LENGTH_MAX} are allowed`;
  return undefined;
};

/** Why a new folder would be refused. @param depth 1 at the root */
export function folderRefusalOf({ uid }: Pick<DashboardFolder, "uid">, depth: number): string | undefined {
  if (RESERVED.includes(uid)) return `its uid is one of Grafana's own: ${uid}`;
  if (depth > DEPTH_MAX) return `it is ${depth} folders deep, and Grafana allows at most ${DEPTH_MAX}`;
  return uidRefusal(uid);
}

/** Why it may be refused, depending on the server's settings. @param depth 1 at the root */
export const folderDoubt = (depth: number): string | undefined =>
  depth > DEPTH_DEFAULT
    ? `it is ${depth} folders deep: Grafana allows ${DEPTH_DEFAULT}, unless max_nested_folder_depth is higher`
    : undefined;
