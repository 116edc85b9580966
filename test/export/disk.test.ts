/** What happens when our own side fails: the disk is full, read-only, or not a directory. */
import { expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ExportStopped } from "../../src/export/errors.ts";
import { resumeSnapshot } from "../../src/export/export-snapshot.ts";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { fakeBackend } from "./fake-backend.ts";
import { allTimes, jobOf, runExport, scratch, timesByStream } from "./run.ts";
import { serveSteps } from "./step-server.ts";

test("a full disk stops the export with a clear error, loses nothing, and it can be resumed", async () => {
  using dir = scratch();
  const full: string[] = [];
  const open = fakeBackend({
    async onStep({ stream }) {
      const [partial = ""] = await listPartials(dir.path);
      // The data file turns out to lie on a disk that is full.
      if (stream === "all") full.push(join(partial, "logs.json"));
      if (stream === "all") symlinkSync("/dev/full", join(partial, "logs.json"));
      return undefined;
    },
  });
  const failure = await runExport(dir.path, [open]).catch((error) => error);
  const [partial = ""] = await listPartials(dir.path);
  expect(failure).toBeInstanceOf(ExportStopped);
  expect(failure.message).toBe(`the export stopped: cannot write ${partial}/logs.json: the disk is full`);
  expect(failure.hint).toContain(`contextcore export --resume ${partial}`);
  rmSync(full[0] ?? "");
  const { path, manifest } = await resumeSnapshot(partial, jobOf("", [fakeBackend()]));
  expect(timesByStream(path)).toEqual(allTimes(3, 20));
  expect(manifest.status).toBe("complete");
});

test("an index that cannot grow stops it too, at a whole line", async () => {
  using dir = scratch();
  using server = serveSteps(fakeBackend({ streams: 2, entries: 300 }), 0);
  const child = resolve(import.meta.dir, "child.ts");
  const run = (limit: string, ...more: string[]) =>
    Bun.spawn(
      ["sh", "-c", `${limit} exec "$@"`, "sh", process.execPath, child, server.url, dir.path, "300", ...more],
      {
        stderr: "pipe",
        stdout: "ignore",
      },
    );
  const limited = run("ulimit -f 16;");
  expect(await limited.exited).toBe(1);
  expect(await new Response(limited.stderr).text()).toContain("the file is larger than the system allows");
  const [partial = ""] = await listPartials(dir.path);
  expect(await run("", partial).exited).toBe(0);
  const snapshot = join(dir.path, partial.slice(dir.path.length + 2, -".partial".length));
  expect(Object.values(timesByStream(snapshot)).map((times) => new Set(times).size)).toEqual([300, 300]);
}, 60_000);

test("a directory that is a file is refused before anything is asked of a server", async () => {
  using dir = scratch();
  const file = join(dir.path, "backups");
  writeFileSync(file, "");
  const open = fakeBackend();
  const failure = await runExport(file, [open]).catch((error) => error);
  expect(failure.message).toBe(`cannot write ${file}: a file of that name is in the way`);
  expect(failure.hint).toContain("-o");
  expect(open.steps()).toBe(0);
});
