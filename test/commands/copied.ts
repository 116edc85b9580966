/** A project with a place, and what a test of copies asks of the program. */
import { join } from "node:path";
import { smallSnapshot } from "../snapshot/small.ts";
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
