/**
 * Killed before each call that changes a disk, while a snapshot is written anew: the old one or the new one is there, whole, and going
 * on ends as if nothing had been. The kernel kills, since a program that kills itself knows when.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "../snapshot/rewrite/rewriting.ts";
import { debianProgram } from "../support/debian.ts";
import { temporaryDirectory } from "../support/directory.ts";
import {
  decrypted,
  ENTRY,
  flawsIn,
  namesIn,
  placesWith,
  rewrittenProject,
  spawned,
  work,
} from "./rewritten-project.ts";

setDefaultTimeout(900_000);

const strace = debianProgram({ package: "strace", program: "strace" });

/** What gives a name, takes one, or makes bytes durable. */
const CALLS = ["rename", "link", "unlink", "unlinkat", "rmdir", "mkdir", "fsync", "fdatasync"];

interface Kill {
  readonly cwd: string;
  readonly call: string;
  /** Before which of them, of each thread. */
  readonly when: number;
}

/** @returns whether it was killed */
async function killed({ cwd, call, when }: Kill, ...args: readonly string[]): Promise<boolean> {
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=SIGKILL:when=${when}`];
  const child = spawned(
    { cwd },
    [strace, "-f", "-qq", "-o", "/dev/null", ...inject],
    "erase",
    ENTRY,
    ...args,
  );
  await child.exited;
  return child.exitCode !== 0;
}

/** What of a folder holds any file. */
const filled = (cwd: string, folder: string): string[] =>
  namesIn(cwd, folder).filter((name) => filesBelow(join(cwd, folder, name)).length > 0);

/** Kills at each of them, and has it looked at what is left then, and once somebody has gone on. @returns the states that there were */
async function killAtEach(
  cwd: string,
  more: readonly string[],
  look: (isDone: boolean) => Promise<void>,
): Promise<Set<string>> {
  const states = new Set<string>();
  const kept = temporaryDirectory();
  cpSync(cwd, kept, { recursive: true });
  for (const call of CALLS)
    for (let when = 1; ; when += 1) {
      rmSync(cwd, { recursive: true });
      cpSync(kept, cwd, { recursive: true });
      const isKilled = await killed({ cwd, call, when }, ...more);
      states.add(JSON.stringify([namesIn(cwd, "backups"), namesIn(cwd, "offsite"), hidden(cwd)]));
      await look(false);
      await work({ cwd }, "erase", ENTRY, ...more);
      expect(await work({ cwd }, "finish", ...more)).toMatchObject({ owed: [] } as never);
      await look(true);
      expect(placesWith(cwd, ENTRY)).toEqual([]);
      if (!isKilled) break;
    }
  return states;
}

/** What of it lies about that nobody reads. */
const hidden = (cwd: string): boolean[] => [
  existsSync(join(cwd, ".contextcore", "rewriting")),
  existsSync(join(cwd, ".contextcore", "removing", "offsite")),
];

test("a snapshot here and its copy", async () => {
  const { cwd, name } = await rewrittenProject();
  const states = await killAtEach(cwd, [], async (isDone) => {
    expect(await flawsIn(join(cwd, "backups"))).toEqual([]);
    if (!isDone) return;
    expect([namesIn(cwd, "backups"), filled(cwd, "offsite")]).toEqual([[`${name}-2`], [`${name}-2`]]);
    expect(await flawsIn(join(cwd, "offsite"))).toEqual([]);
  });
  // Old, both, new: here, and then there.
  expect(states.size).toBeGreaterThan(4);
});

test("a snapshot that only an encrypted copy holds", async () => {
  const { cwd, name, path } = await rewrittenProject({ isEncrypted: true });
  rmSync(path, { recursive: true });
  const states = await killAtEach(cwd, ["identity"], async (isDone) => {
    const copies = namesIn(cwd, "offsite").filter((one) =>
      existsSync(join(cwd, "offsite", one, "copy.json")),
    );
    expect(copies.length).toBeGreaterThan(0);
    if (!isDone) return;
    expect(filled(cwd, "offsite")).toEqual([`${name}-2`]);
    expect(existsSync(join(cwd, ".contextcore", "rewriting"))).toBe(false);
    expect(decrypted(cwd)).not.toContain(ENTRY);
    expect(decrypted(cwd)).toContain("line 1004000000000 of 1");
  });
  expect(states.size).toBeGreaterThan(2);
});
