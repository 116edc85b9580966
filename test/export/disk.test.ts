/** What happens when our own side fails: the disk is full, read-only, or not a directory. */
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { listPartials } from "../../src/snapshot/write/partial.ts";
import { fakeBackend } from "./fake-backend.ts";
import { runExport, scratch, timesByStream } from "./run.ts";
import { serveSteps } from "./step-server.ts";

/** In a name space of its own: a small file system at $1, where $2 is run, and with more room $3. What is there then goes to $4. */
const ON_A_SMALL_DISK = `mount -t tmpfs -o size=48k none "$1"
sh -c "$2" || echo "$?"
mount -o remount,size=64m none "$1"
sh -c "$3" && cp -a "$1/." "$4"`;
const OWN_MOUNTS = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--mount"];

test("a full disk stops the export with a clear error, loses nothing, and it can be resumed", async () => {
  using dir = scratch();
  const [disk, kept] = [join(dir.path, "disk"), join(dir.path, "kept")];
  for (const path of [disk, kept]) mkdirSync(path);
  using server = serveSteps(fakeBackend({ streams: 2, entries: 300 }), 0);
  const first = `'${process.execPath}' '${resolve(import.meta.dir, "child.ts")}' '${server.url}' '${disk}' 300`;
  const command = ["sh", "-ec", ON_A_SMALL_DISK, "sh", disk, first, `${first} '${disk}'/.*.partial`, kept];
  const child = Bun.spawn([...OWN_MOUNTS, ...command], { stdout: "pipe", stderr: "pipe" });
  const stderr = await new Response(child.stderr).text();
  expect(await child.exited).toBe(0);
  expect(stderr).toMatch(/the export stopped: cannot write \S+: the disk is full/);
  expect(stderr).toContain(`contextcore export --resume ${disk}/`);
  const [code = "", path = ""] = (await new Response(child.stdout).text()).trim().split("\n");
  expect(code).toBe("1");
  const times = Object.values(timesByStream(join(kept, basename(path))));
  expect(times.map((one) => new Set(one).size)).toEqual([300, 300]);
}, 60_000);

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
