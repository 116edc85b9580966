/** Runs as they come: `activity list --follow`. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openDoor } from "../../src/activity/door.ts";
import type { NewRun } from "../../src/activity/log.ts";
import { ACTIVITY_LIST } from "../../src/results/activity.ts";
import { binary, cleanEnv } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";

setDefaultTimeout(60_000);

const children: { kill(): void }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

const project = (): string => temporaryDirectory({ "contextcore.yaml": "name: shop\n" });
const databaseOf = (cwd: string): string => join(cwd, ".contextcore/activity.db");

const asking = (user: string, model = "small"): NewRun => ({
  source: "api",
  operation: "chat",
  user,
  asked: { model, input: [], isStream: false },
});

function follow(cwd: string, ...args: readonly string[]) {
  const child = Bun.spawn([binary, "activity", "list", "--follow", ...args], {
    ...{ cwd, env: cleanEnv(cwd), stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  children.push(child);
  const told = { out: "", err: "" };
  const read = async (stream: ReadableStream<Uint8Array>, name: "out" | "err"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const piece of stream) told[name] += decoder.decode(piece, { stream: true });
  };
  const all = Promise.all([read(child.stdout, "out"), read(child.stderr, "err")]);
  const runs = () =>
    told.out
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => parsedAs(ACTIVITY_LIST, line).runs)
      .map(({ user, status }) => `${user} ${status}`);
  return {
    told,
    async until(holds: (runs: readonly string[]) => boolean): Promise<readonly string[]> {
      for (let left = 1_000; left > 0 && !holds(runs()); left -= 1) await Bun.sleep(20);
      return runs();
    },
    async interrupt(): Promise<number> {
      child.kill("SIGINT");
      await all;
      return child.exited;
    },
  };
}

const settled = async (door: ReturnType<typeof openDoor>): Promise<void> => {
  while (door.state().waiting > 0) await Bun.sleep(5);
};

test("runs are printed as they begin and as they end, and Ctrl-C is the end of it", async () => {
  const cwd = project();
  const door = openDoor({ path: databaseOf(cwd) });
  for (const user of ["first", "second", "third"]) door.begin(asking(user)).end({ status: "ok" });
  const open = door.begin(asking("open"));
  await settled(door);
  const following = follow(cwd, "--json", "-n", "2");
  expect(await following.until((runs) => runs.length >= 2)).toEqual(["third ok", "open running"]);
  const later = door.begin(asking("later"));
  await following.until((runs) => runs.includes("later running"));
  open.end({ status: "cancelled" });
  later.end({ status: "ok" });
  expect(await following.until((runs) => runs.includes("later ok"))).toEqual([
    ...["third ok", "open running", "later running", "open cancelled", "later ok"],
  ]);
  expect(await following.interrupt()).toBe(0);
  expect(following.told.err.trim()).toMatch(/^interrupted: stopping cleanly.*$/);
  await door.close();
});

test("what comes to fit is printed, also where it did not when it began", async () => {
  const cwd = project();
  const door = openDoor({ path: databaseOf(cwd) });
  door.begin(asking("before")).end({ status: "ok" });
  await settled(door);
  const following = follow(cwd, "--json", "--status", "error", "--model", "small");
  const runs = ["small", "large", "small"].map((model, at) => door.begin(asking(`user-${at}`, model)));
  await settled(door);
  for (const run of runs.slice(0, 2)) run.end({ status: "error" });
  runs[2]?.end({ status: "ok" });
  door.begin(asking("last")).end({ status: "error" });
  expect(await following.until((all) => all.includes("last error"))).toEqual(["user-0 error", "last error"]);
  expect(await following.interrupt()).toBe(0);
  await door.close();
});

test("a log that is not there yet is waited for, and one that takes its place is followed from its beginning", async () => {
  const cwd = project();
  const following = follow(cwd, "--json");
  for (let left = 500; left > 0 && !following.told.err.includes("waited for"); left -= 1) await Bun.sleep(20);
  const first = openDoor({ path: databaseOf(cwd) });
  first.begin(asking("one")).end({ status: "ok" });
  await following.until((runs) => runs.includes("one ok"));
  await first.close();
  const bytes = readFileSync(databaseOf(cwd));
  writeFileSync(databaseOf(cwd), bytes.fill(0x20, 0, 100));
  const second = openDoor({ path: databaseOf(cwd) });
  for (const user of ["two", "three"]) second.begin(asking(user)).end({ status: "ok" });
  expect((await following.until((runs) => runs.includes("three ok"))).slice(-2)).toEqual([
    "two ok",
    "three ok",
  ]);
  expect(await following.interrupt()).toBe(0);
  await second.close();
});

test("people see lines as well", async () => {
  const cwd = project();
  const door = openDoor({ path: databaseOf(cwd) });
  door.begin(asking("ada")).end({ status: "ok" });
  await settled(door);
  const following = follow(cwd);
  for (let left = 500; left > 0 && !following.told.out.includes("ada"); left -= 1) await Bun.sleep(20);
  expect(following.told.out).toMatch(/ok +small .*ada\n$/);
  expect(await following.interrupt()).toBe(0);
  await door.close();
});
