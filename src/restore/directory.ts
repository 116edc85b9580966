/** The directory of one restore: `restores/YYYYMMDD-HHMMSS` beside the snapshots. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { systemCode } from "../snapshot/format/errors.ts";
import { writeAtomically } from "../snapshot/write/disk.ts";

const requestSchema = v.object({
  snapshot: v.string(),
  /** The manifest's own hash: the same path may hold another snapshot later. */
  sha256: v.string(),
  /** What was asked and where it goes, as one text: a restore is only continued with the same. */
  asked: v.string(),
});
export type RestoreRequest = v.InferOutput<typeof requestSchema>;

/** Makes the directory of a new restore. @param now the time that names it, UTC */
export async function newRestoreDirectory(
  backups: string,
  request: RestoreRequest,
  now: Date,
): Promise<string> {
  const parent = join(backups, "restores");
  await mkdir(parent, { recursive: true });
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let number = 1; ; number += 1) {
    const directory = join(parent, number === 1 ? stamp : `${stamp}-${number}`);
    if (!(await makes(directory))) continue;
    await writeAtomically(join(directory, "request.json"), `${JSON.stringify(request, null, 2)}\n`);
    return directory;
  }
}

async function makes(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** The newest restore of the same snapshot, asked in the same way, that has no report yet. */
export async function unfinishedRestore(
  backups: string,
  request: RestoreRequest,
): Promise<string | undefined> {
  const parent = join(backups, "restores");
  const names = await readdir(parent).catch((): string[] => []);
  for (const name of names.sort().reverse()) {
    const directory = join(parent, name);
    if (await Bun.file(join(directory, "report.json")).exists()) continue;
    const asked = await readRequest(directory);
    if (asked !== undefined && Bun.deepEquals(asked, request)) return directory;
  }
  return undefined;
}

/** `undefined`: a directory that a crash left before it said what it is for. */
async function readRequest(directory: string): Promise<RestoreRequest | undefined> {
  const file = Bun.file(join(directory, "request.json"));
  return (await file.exists()) ? v.parse(requestSchema, await file.json()) : undefined;
}
