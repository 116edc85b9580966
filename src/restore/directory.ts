/** The directory of one restore: `restores/YYYYMMDD-HHMMSS` beside the snapshots. */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Signal } from "../contract/contract.ts";
import { openDirectory } from "../snapshot/write/disk.ts";
import { makeNewDirectory, readOwnText, requireOwnDirectories } from "../storage/own-file.ts";
import type { RestorePlan } from "./plan.ts";

const requestSchema = v.object({
  snapshot: v.string(),
  /** The manifest's own hash: the same path may hold another snapshot later. */
  sha256: v.string(),
  /** What was asked and where it goes, as one text: a restore is only continued with the same. */
  asked: v.string(),
});
const REQUEST_BYTES_MAX = 1 << 20;
export type RestoreRequest = v.InferOutput<typeof requestSchema>;

/** What was said of what to restore, as it was said. */
export interface Asked {
  readonly plugin: readonly string[];
  readonly only: readonly Signal[];
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  readonly match: readonly string[];
  readonly into: string | undefined;
  readonly label: readonly string[];
}

/** What a restore that goes on must have asked, too. */
export function requestOf(asked: Asked, { snapshot, targets }: RestorePlan): RestoreRequest {
  const { plugin, only, from, to, match, into, label } = asked;
  const given = { plugin, only, from: from?.toString(), to: to?.toString(), match, into, label };
  const places = targets.map(({ name, open }) => [name, open.url]);
  return {
    snapshot: snapshot.path,
    sha256: snapshot.manifest.sha256,
    asked: JSON.stringify({ ...given, places }),
  };
}

/** Makes the directory of a new restore. @param now the time that names it, UTC */
export async function newRestoreDirectory(
  backups: string,
  request: RestoreRequest,
  now: Date,
): Promise<string> {
  const parent = join(backups, "restores");
  await mkdir(parent, { recursive: true });
  requireOwnDirectories(parent);
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let number = 1; ; number += 1) {
    const directory = join(parent, number === 1 ? stamp : `${stamp}-${number}`);
    if (!makeNewDirectory(directory)) continue;
    await openDirectory(directory).write("request.json", `${JSON.stringify(request, null, 2)}\n`);
    return directory;
  }
}

/** The newest restore of the same snapshot, asked in the same way, that has no report yet. */
export async function unfinishedRestore(
  backups: string,
  request: RestoreRequest,
): Promise<string | undefined> {
  const parent = join(backups, "restores");
  requireOwnDirectories(parent);
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  for (const name of names.sort().reverse()) {
    const directory = join(parent, name);
    if (existsSync(join(directory, "report.json"))) continue;
    const asked = readRequest(directory);
    if (asked !== undefined && Bun.deepEquals(asked, request)) return directory;
  }
  return undefined;
}

/** `undefined`: a directory that a crash left before it said what it is for. */
function readRequest(directory: string): RestoreRequest | undefined {
  const file = join(directory, "request.json");
  return existsSync(file)
    ? v.parse(requestSchema, JSON.parse(readOwnText(file, REQUEST_BYTES_MAX)))
    : undefined;
}
