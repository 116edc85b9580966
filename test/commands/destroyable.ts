/** Stacks that can be destroyed: two servers of the lab, and a command that may end them. */
import { afterAll, afterEach, expect } from "bun:test";
import { existsSync, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { startFront } from "../support/front.ts";
import { printedIn } from "../support/printed.ts";
import { labProject } from "../support/project.ts";
import { openSession, type Session } from "../support/pseudo-terminal.ts";

export const TOUCH = ["touch", "destroyed"] as const;

/** Starts the lab for the tests of one file, and stops it after them. */
export async function startStacks() {
  const lab = await startLab();
  const cleanups: (() => unknown)[] = [];
  afterAll(() => lab.stop());
  afterEach(() => {
    for (const faults of Object.values(lab.faults)) faults.clear();
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  /** A stack of two servers that stays whatever the command does. Unless told otherwise its destruction leaves a file behind. */
  const lasting = (
    command: readonly string[] = TOUCH,
    urls: Readonly<Record<string, string>> = {},
    more = "",
  ) => labProject(lab, { only: ["loki", "grafana"], command, urls, more });

  /** The same, and its servers end when the command has left its file. */
  const stack = (command: readonly string[] = TOUCH, more = ""): string => {
    const fronts = [startFront(lab.urls.loki), startFront(lab.urls.grafana)] as const;
    const cwd = lasting(command, { loki: fronts[0].url, grafana: fronts[1].url }, more);
    const watcher = watch(cwd, () => {
      if (!isDestroyed(cwd)) return;
      watcher.close();
      for (const front of fronts) front.stop();
    });
    cleanups.push(() => watcher.close(), ...fronts.map((front) => front.stop));
    return cwd;
  };

  /** A server for one test. */
  const serve = (fetch: (request: Request) => Response | Promise<Response>) => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
    cleanups.push(() => server.stop(true));
    return server;
  };

  return { lab, lasting, stack, serve };
}

export const isDestroyed = (cwd: string): boolean => existsSync(join(cwd, "destroyed"));
export const snapshotsIn = (cwd: string): string[] =>
  existsSync(join(cwd, "backups")) ? readdirSync(join(cwd, "backups")) : [];

/** Resolves once the file is there. */
export async function appears(cwd: string, name: string): Promise<void> {
  while (!existsSync(join(cwd, name))) await Bun.sleep(10);
}

/** `destroy` on a terminal, with the menu shown. */
export async function atTheMenu(cwd: string, columns?: number): Promise<Session> {
  const session = openSession(["destroy"], { cwd, ...(columns === undefined ? {} : { columns }) });
  for (const text of [
    "OPTIONS:",
    "1. Export all telemetry data before destroy\n",
    "2. Export dashboards only (current behavior)\n",
    "3. Destroy without export\n",
    "Select option [1/2/3]:",
  ])
    await session.waitFor(text);
  return session;
}

/** The last line that was shown. */
export const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

/** The events' operations, outcomes and details as the listing shows them, newest last. */
export async function trailOf(cwd: string): Promise<string[]> {
  const { stdout } = await run(["audit"], { cwd });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) =>
      line
        .split("  ")
        .filter((_, at) => at !== 0 && at !== 2)
        .join(" "),
    );
}

/** The events of a kind of operation as JSON, newest last. */
export const eventsOf = async (cwd: string, operation = "destroy") =>
  printedIn((await run(["audit", "--json", "--operation", operation], { cwd })).stdout);

export const DAY_MS = 86_400_000;
/** The time so long ago. */
export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** Exports what these arguments choose. */
export async function save(cwd: string, ...args: string[]): Promise<void> {
  expect((await run(["export", ...args], { cwd })).exitCode).toBe(0);
}

/** The lines below an option of the menu. */
export function below(text: string, option: 1 | 2 | 3): string[] {
  const lines = text
    .slice(text.indexOf("OPTIONS:"))
    .split("\n")
    .map((line) => line.trimEnd());
  const from = lines.findIndex((line) => line.includes(` ${option}. `)) + 1;
  return lines.slice(
    from,
    lines.findIndex((line, at) => at >= from && /^\S|^. \d\. |^ {2}\d\. /.test(line)),
  );
}
