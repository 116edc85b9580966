/** SIGKILL at every moment of an archive: every row is in the ledger or in the archive that its note names, and the next run comes to its end. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { archive, copies, DELETE, inside, project, rowsOf } from "../commands/archive-project.ts";
import { isInFiles } from "../plugins/sqlite/people.ts";
import { binary, cleanEnv } from "../support/binary.ts";

setDefaultTimeout(900_000);

/** Runs it, and kills it after so long. @returns whether it was killed */
async function killedAfter(cwd: string, ms: number): Promise<boolean> {
  const child = Bun.spawn([binary, "retention", "archive", "--yes"], {
    ...{ cwd, env: cleanEnv(cwd), stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  });
  const killing = setTimeout(() => child.kill("SIGKILL"), ms);
  await child.exited;
  clearTimeout(killing);
  return child.signalCode === "SIGKILL";
}

interface Note {
  readonly rows: number;
  readonly snapshot: { readonly name: string; readonly sha256: string };
}

const notesOf = (path: string): Note[] =>
  existsSync(`${path}.archive.jsonl`)
    ? readFileSync(`${path}.archive.jsonl`, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    : [];

/** The copy that the last note names is there and sound. */
async function requireProved(cwd: string, path: string): Promise<void> {
  const { snapshot } = notesOf(path).at(-1) ?? { snapshot: { name: "" } };
  const verified = await inside(cwd, "verify", `offsite:${snapshot.name}`);
  expect(verified.exitCode, verified.stderr).toBe(0);
}

test("whenever it is killed, nothing is lost, and the rows are archived once", async () => {
  const began = performance.now();
  const whole = project(DELETE);
  expect((await archive(whole.cwd, "--yes")).exitCode).toBe(0);
  const took = performance.now() - began;
  let killed = 0;
  for (let at = took * 0.1; at < took * 1.1; at += took / 40) {
    const { cwd, path } = project(DELETE);
    const before = rowsOf(path);
    if (await killedAfter(cwd, at)) killed += 1;
    const left = rowsOf(path);
    if (left.length < before.length) await requireProved(cwd, path);
    expect(left).toEqual(before.slice(before.length - left.length));
    expect([0, notesOf(path).at(-1)?.rows]).toContain(before.length - left.length);

    const again = await archive(cwd, "--yes");
    expect(again.exitCode, again.stderr).toBe(0);
    const notes = notesOf(path);
    const gone = before.length - rowsOf(path).length;
    expect([notes.length, copies(cwd)]).toEqual([1, [notes[0]?.snapshot.name ?? ""]]);
    expect(gone).toBe(notes[0]?.rows ?? 0);
    expect([isInFiles(path, "entry 0 "), rowsOf(path)]).toEqual([false, before.slice(gone)]);
    await requireProved(cwd, path);
    expect((await inside(cwd, "export", "--all")).exitCode).toBe(0);
    const restored = await inside(cwd, "restore", `offsite:${notes[0]?.snapshot.name}`, "--yes");
    expect(restored.exitCode, restored.stderr).toBe(0);
    expect(rowsOf(path)).toEqual(before);
  }
  expect(killed).toBeGreaterThan(15);
});

test("a row that changes after it was saved stays, with all of its neighbours, until a snapshot has it", async () => {
  const { cwd, path } = project(DELETE);
  // Everything is done but the last step: another program has the ledger.
  const writer = new Database(path);
  writer.run("BEGIN IMMEDIATE");
  const locked = await archive(cwd, "--yes");
  expect([locked.exitCode, locked.stderr]).toEqual([3, expect.stringContaining("locked")]);
  writer.run("UPDATE entries SET body = 'changed' WHERE id = 'e-3'");
  writer.run("COMMIT");
  writer.close();
  expect([rowsOf(path).length, copies(cwd).length]).toEqual([1_000, 1]);
  const changed = await archive(cwd, "--yes");
  expect([changed.exitCode, changed.stderr]).toEqual([
    3,
    expect.stringContaining("changed or removed since"),
  ]);
  expect(rowsOf(path)).toHaveLength(1_000);
  const done = await archive(cwd, "--yes");
  expect(done.exitCode, done.stderr).toBe(0);
  const { snapshot } = notesOf(path).at(-1) ?? { snapshot: { name: "" } };
  expect(rowsOf(path).length).toBeLessThan(1_000);
  const restored = await inside(cwd, "restore", `offsite:${snapshot.name}`, "--yes");
  expect(restored.exitCode, restored.stderr).toBe(0);
  expect(rowsOf(path).some((row) => row.includes("changed"))).toBe(true);
});

test("an export that died in the middle is no archive", async () => {
  const { cwd, path } = project(DELETE);
  expect(existsSync(join(cwd, ".contextcore", "archived.json"))).toBe(false);
  expect(await killedAfter(cwd, 1)).toBe(true);
  expect([rowsOf(path).length, copies(cwd)]).toEqual([1_000, []]);
});
