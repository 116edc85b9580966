/** Links that somebody puts into the directory of an export that is under way, or was interrupted. */
import { expect, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { fakeBackend } from "./fake-backend.ts";
import { allTimes, jobOf, runExport, scratch, timesByStream } from "./run.ts";

const PRECIOUS = "what nobody may cut";

/** An export that is interrupted after some steps; before the first, `plant` may put things into its directory. */
async function interrupted(directory: string, plant: (partial: string) => void, steps = 14): Promise<string> {
  const abort = new AbortController();
  let begun = 0;
  const open = fakeBackend({
    objects: 4,
    async onStep() {
      begun += 1;
      const mine = begun;
      const [partial = ""] = await listPartials(directory);
      if (mine === 1) plant(partial);
      if (mine === steps) abort.abort(new Error("Ctrl-C"));
      return undefined;
    },
  });
  await runExport(directory, [open], { signal: abort.signal, concurrency: 1 }).catch(() => undefined);
  const [partial = ""] = await listPartials(directory);
  return partial;
}

const resume = (partial: string) => resumeSnapshot(partial, jobOf("", [fakeBackend({ objects: 4 })]));

test("a link with the name of a data file gives way to the file; what it leads to is not written to", async () => {
  using dir = scratch();
  const precious = join(dir.path, "precious");
  writeFileSync(precious, PRECIOUS);
  const partial = await interrupted(dir.path, (at) => symlinkSync(precious, join(at, "logs.json")));
  symlinkSync(precious, join(partial, "manifest.json.tmp"));
  const { path } = await resume(partial);
  expect(timesByStream(path)).toEqual(allTimes(3, 20));
  expect(readFileSync(precious, "utf8")).toBe(PRECIOUS);
});

test("a folder that is a link gets no file", async () => {
  using dir = scratch();
  const elsewhere = join(dir.path, "elsewhere");
  mkdirSync(elsewhere);
  const partial = await interrupted(dir.path, (at) => symlinkSync(elsewhere, join(at, "fake")));
  expect(readdirSync(elsewhere)).toEqual([]);
  expect(partial).not.toBe("");
});

test.each(["logs.json", "blocks.jsonl", "request.json", "fake"])(
  "%s of an interrupted export has become a link: it is not resumed, and nothing is cut",
  async (name) => {
    using dir = scratch();
    const partial = await interrupted(dir.path, () => {});
    const moved = join(dir.path, "moved");
    renameSync(join(partial, name), moved);
    symlinkSync(moved, join(partial, name));
    const sizes = () =>
      Bun.spawnSync(["find", moved, "-type", "f", "-size", "+0", "-exec", "wc", "-c", "{}", "+"]);
    const before = sizes().stdout.toString();
    const failure = await resume(partial).catch((error) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(`${failure.message}`).toContain(name === "fake" ? "does not hold" : name);
    expect(sizes().stdout.toString()).toBe(before);
  },
);

test("an unfinished snapshot that is itself a link is not resumed", async () => {
  using dir = scratch();
  const partial = await interrupted(dir.path, () => {});
  const moved = join(dir.path, "moved");
  renameSync(partial, moved);
  symlinkSync(moved, partial);
  const failure = await resume(partial).catch((error) => error);
  expect(failure.message).toContain(`${partial} is a symbolic link`);
  rmSync(partial);
  renameSync(moved, partial);
  expect((await resume(partial)).manifest.status).toBe("complete");
});
