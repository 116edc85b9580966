/** Exports in child processes that are killed. */
import { expect } from "bun:test";
import { resolve } from "node:path";
import { listPartials } from "../../src/snapshot/write/partial.ts";

/** Starts an export of what is served at `url`, or goes on with the one that was killed before. */
export async function startChild(url: string, directory: string, entries: number): Promise<Bun.Subprocess> {
  const [partial] = await listPartials(directory);
  const args = [url, directory, `${entries}`, ...(partial === undefined ? [] : [partial])];
  return Bun.spawn([process.execPath, resolve(import.meta.dir, "child.ts"), ...args], { stdout: "ignore" });
}

/** Kills the export at random points and resumes it, until it ends by itself. @returns how many kills */
export async function exportKilling(
  url: string,
  directory: string,
  entries: number,
  next: () => number,
): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const child = await startChild(url, directory, entries);
    const timer = setTimeout(() => child.kill(9), kills < 15 ? 100 + next() * 200 : 20_000);
    const code = await child.exited;
    clearTimeout(timer);
    if (code === 0) return kills;
    expect(child.signalCode).toBe("SIGKILL");
  }
}
