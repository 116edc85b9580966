import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "contextcore";
import { unfinishedOf } from "./draft.ts";
import { syncNames } from "./durable.ts";
import { lookAt } from "./look.ts";

/** Removes the object's file, what was left of interrupted writes of it, and directories that become empty. */
export async function removeFile(root: string, name: string): Promise<void> {
  for (const path of await unfinishedOf(root, name)) await rm(path, { force: true });
  if ((await lookAt(root, name)).state !== "file") return;
  await rm(join(root, name), { force: true });
  await syncNames(dirname(join(root, name)));
  await removeEmpty(root, dirname(name));
}

async function removeEmpty(root: string, below: string): Promise<void> {
  if (below === ".") return;
  try {
    await rmdir(join(root, below));
  } catch (error) {
    // It holds something, or somebody else has just removed it.
    if (["ENOTEMPTY", "EEXIST", "ENOENT"].includes(systemCode(error) ?? "")) return;
    throw error;
  }
  await removeEmpty(root, dirname(below));
}
