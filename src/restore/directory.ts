/** The directory of one restore: `restores/YYYYMMDD-HHMMSS` beside the snapshots. */
import { basename, join } from "node:path";
import * as v from "valibot";
import { openObject } from "../contract/any-names.ts";
import type { Signal } from "../contract/contract.ts";
import { openRestoreDirectory } from "../snapshot/write/disk.ts";
import { entriesIn, isThere } from "../storage/entries.ts";
import type { Lock } from "../storage/lock.ts";
import {
  makeNamedDirectory,
  makeNewDirectory,
  readOwnText,
  requireOwnDirectories,
} from "../storage/own-file.ts";
import type { ExistingPolicy } from "./compared.ts";
import type { PlannedRestore } from "./plan.ts";

const requestSchema = v.object({
  snapshot: v.string(),
  /** The manifest's own hash, because another snapshot may later have the same path. */
  sha256: v.string(),
  /** The request and its targets as one text: only an identical restore is continued. */
  asked: v.string(),
});
const REQUEST_BYTES_MAX = 1 << 20;
/** `request.json` of a restore's directory: what was asked for, so that only the same restore continues it. */
export type RestoreRequest = v.InferOutput<typeof requestSchema>;

/** The request, as the user wrote it. */
interface AskedRestore {
  readonly plugin: readonly string[];
  readonly only: readonly Signal[];
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  readonly match: readonly string[];
  readonly into: string | undefined;
  readonly label: readonly string[];
  readonly existing: ExistingPolicy;
}

/** What a continuing restore must also have asked for. */
export function requestOf(asked: AskedRestore, { snapshot, targets }: PlannedRestore): RestoreRequest {
  const { plugin, only, from, to, match, into, label, existing } = asked;
  // Version 0.1.1 and older did not know it, and kept what is there.
  const policy = existing === "keep" ? {} : { existing };
  const given = { plugin, only, from: from?.toString(), to: to?.toString(), match, into, label, ...policy };
  const places = targets.map(({ name, open }) => [name, open.url, open.tenant]);
  return {
    snapshot: snapshot.path,
    sha256: snapshot.manifest.sha256,
    asked: JSON.stringify({ ...given, places }),
  };
}

/** Makes the directory of a new restore. @param now the time that names it, UTC */
export const newRestoreDirectory = (backups: string, request: RestoreRequest, now: Date): Promise<string> =>
  newWorkDirectory(join(backups, "restores"), request, now);

/** Makes a directory that is named by the time, UTC, and says in its `request.json` what it is for. */
export async function newWorkDirectory(parent: string, request: object, now: Date): Promise<string> {
  makeNamedDirectory(parent);
  requireOwnDirectories(parent);
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let number = 1; ; number += 1) {
    const directory = join(parent, number === 1 ? stamp : `${stamp}-${number}`);
    if (!makeNewDirectory(directory)) continue;
    await openRestoreDirectory(directory).write("request.json", `${JSON.stringify(request, null, 2)}\n`);
    return directory;
  }
}

/** A restore that has no report yet. */
interface UnfinishedRestore {
  readonly directory: string;
  /** The names of backends that it writes to, but the restore that would continue it does not. */
  readonly without: readonly string[];
}

/** The newest identical restore of the same snapshot that has no report yet. @param since only from this name on */
export async function unfinishedRestore(
  backups: string,
  request: RestoreRequest,
  since = "",
): Promise<UnfinishedRestore | undefined> {
  for (const directory of unfinishedIn(join(backups, "restores"))) {
    const earlier = basename(directory) < since ? undefined : readRequest(directory);
    const without = earlier && withoutOf(earlier, request);
    if (without !== undefined) return { directory, without };
  }
  return undefined;
}

/** The directories of work that has no report yet, the newest first. */
export function unfinishedIn(parent: string): string[] {
  requireOwnDirectories(parent);
  const directories = foldersIn(parent).map((name) => join(parent, name));
  return directories.filter((one) => !isThere(join(one, "report.json"))).reverse();
}

/** Where nobody may look, nothing can be continued. */
function foldersIn(parent: string): string[] {
  try {
    return entriesIn(parent).flatMap(({ name, kind }) => (kind === "directory" ? name : []));
  } catch {
    return [];
  }
}

const askedSchema = openObject({ places: v.array(v.array(v.nullable(v.string()))) });
type Places = v.InferOutput<typeof askedSchema>["places"];

const askedIn = ({ asked }: RestoreRequest) => v.parse(askedSchema, JSON.parse(asked));

/** The backends that an earlier restore writes to and this one does not; `undefined` if the restores differ otherwise. */
function withoutOf(earlier: RestoreRequest, request: RestoreRequest): string[] | undefined {
  if (earlier.snapshot !== request.snapshot || earlier.sha256 !== request.sha256) return undefined;
  const { places: before, ...asked } = askedIn(earlier);
  const { places: now, ...same } = askedIn(request);
  if (!Bun.deepEquals(asked, same) || before.some((place) => isElsewhere(place, now))) return undefined;
  return before.flatMap(([name]) => (name == null || placeOf(name, now) !== undefined ? [] : [name]));
}

const placeOf = (name: string | null | undefined, places: Places) => places.find(([one]) => one === name);

/** Whether it now leads to another server or tenant; version 0.1.1 and older did not record the tenant. */
function isElsewhere([name, url, tenant]: Places[number], places: Places): boolean {
  const now = placeOf(name, places);
  if (now === undefined) return false;
  const [, otherUrl, otherTenant] = now;
  return url !== otherUrl || (tenant != null && otherTenant != null && tenant !== otherTenant);
}

const LOCK = "lock";

/** Locks a restore, so that two processes never write it. @returns `undefined` when another process holds it */
export const lockRestore = (directory: string): Lock | undefined =>
  openRestoreDirectory(directory).lock(LOCK);

/** Whether another process carries it out now. */
export function isUnderway(directory: string): boolean {
  if (!isThere(join(directory, LOCK))) return false;
  const lock = lockRestore(directory);
  lock?.release();
  return lock === undefined;
}

/** `undefined`: a crash left the directory before it said what it is for. */
function readRequest(directory: string): RestoreRequest | undefined {
  const file = join(directory, "request.json");
  return isThere(file) ? v.parse(requestSchema, JSON.parse(readOwnText(file, REQUEST_BYTES_MAX))) : undefined;
}
