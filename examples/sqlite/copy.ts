/**
 * A consistent copy of the database, taken while others go on writing (`VACUUM INTO`), so that all steps of an export see
 * the same rows. It is named after its content: an export that is resumed finds it again, or makes the same one anew.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PluginError } from "contextcore";
import { withDatabase } from "./database.ts";

const FOLDER = join(tmpdir(), "contextcore-sqlite");
const KEPT_MS = 86_400_000;

/** Takes a copy. @returns the SHA-256 of its bytes, which is its name */
export async function takeCopy(file: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  removeOld();
  const draft = join(FOLDER, `${crypto.randomUUID()}.draft`);
  try {
    withDatabase(file, "read", (database) => database.query("VACUUM INTO ?").run(draft));
    const name = await hashOf(draft);
    renameSync(draft, pathOf(name));
    return name;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The copy of that name; when it is gone, a new one, provided that the database is still the same. @throws PluginError */
export async function findCopy(file: string, name: string): Promise<string> {
  if (existsSync(pathOf(name)) || (await takeCopy(file)) === name) return pathOf(name);
  throw new PluginError(
    "invalid",
    `${file} has changed since the export began, and the copy it began with is gone`,
    {
      hint: "Begin a new export.",
    },
  );
}

const pathOf = (name: string): string => join(FOLDER, `${name}.db`);

async function hashOf(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
}

/** Nobody resumes an export that was left a day ago. */
function removeOld(): void {
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > KEPT_MS) rmSync(path, { force: true });
  }
}
