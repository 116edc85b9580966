/** A project with a place, and what a test of copies asks of the program. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
import { runAge } from "../support/age.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

export const STORES = "stores:\n  offsite: { plugin: directory, path: ./offsite }\n";

/** A project without servers, with one snapshot. */
export async function project(options: Parameters<typeof smallSnapshot>[1] = {}) {
  const cwd = temporaryDirectory({ "contextcore.yaml": `name: shop\n${STORES}` });
  const path = await smallSnapshot(join(cwd, "backups"), options);
  return { cwd, path, name: path.slice(path.lastIndexOf("/") + 1) };
}

export const command = (cwd: string, ...args: string[]) => run(args, { cwd });

export async function json(cwd: string, ...args: string[]) {
  const { stdout, stderr, exitCode } = await run([...args, "--json"], { cwd });
  return { printed: stdout === "" ? undefined : JSON.parse(stdout), stderr, exitCode };
}

/** What lies in a directory, sorted. */
export const filesBelow = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
        .sort()
    : [];

/** The files of a copy as its recipient gets them with `age` alone. */
export function openedWithAge(folder: string, key: string): string {
  const directory = temporaryDirectory();
  for (const file of filesBelow(folder)) {
    const target = join(directory, file.replace(/\.age$/, ""));
    mkdirSync(dirname(target), { recursive: true });
    const bytes = readFileSync(join(folder, file));
    writeFileSync(target, file.endsWith(".age") ? runAge(["-d", "-i", key], bytes) : bytes);
  }
  return directory;
}
