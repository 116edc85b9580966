/** Projects whose only backend is the log of runs, and the program run in them. */
import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const OTHERS = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }`);

/** A project whose only backend is the log. */
export function project(activity: readonly string[] = [], instance = "{}"): string {
  const cwd = temporaryDirectory();
  const lines = ["name: shop", "backends:", ...OTHERS, `  activity: ${instance}`];
  if (activity.length > 0) lines.push("activity:", ...activity.map((line) => `  ${line}`));
  writeFileSync(join(cwd, "contextcore.yaml"), `${lines.join("\n")}\n`);
  return cwd;
}

export async function call(cwd: string, ...words: string[]) {
  const { exitCode, stdout, stderr } = await run(words, { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
  return stdout;
}

/** The log of a project. */
export const logOf = (cwd: string): string => join(cwd, ".contextcore", "activity.db");

/** Removes it. */
export function forget(cwd: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${logOf(cwd)}${end}`, { force: true });
}

export const snapshots = (cwd: string): string[] => readdirSync(join(cwd, "backups")).sort();

/** The lines of what was saved, in all snapshots. */
export const linesOf = (cwd: string, name: string): string[] => {
  const path = join(cwd, "backups", name, "activity", "runs.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
};

export const record = async (cwd: string, ...runs: readonly object[]) => {
  const stdin = new Blob([runs.map((one) => JSON.stringify(one)).join("\n")]);
  const { exitCode, stderr } = await run(["activity", "record"], { cwd, stdin });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.any(String) });
};
