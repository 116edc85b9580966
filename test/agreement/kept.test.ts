/** The file of agreements: what is in it, whose it is, and when it counts for nothing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../support/directory.ts";
import { agreedClone, placeOf, startListener, storeOf, wanted, withLoki } from "./clone.ts";

setDefaultTimeout(60_000); // cores are shared with other test files

const { url } = startListener();

test("what is kept is for the user alone, and has no secret in it", async () => {
  const place = await agreedClone(
    url,
    withLoki("    url: https://me:pw-s3cret@evil.example\n    token: clear-s3cret\n"),
  );
  expect(statSync(storeOf(place)).mode & 0o777).toBe(0o600);
  expect(readFileSync(storeOf(place), "utf8")).not.toContain("s3cret");
  const { stdout } = await place.run(["config", "trust", "--list"]);
  expect(stdout).toContain(`${place.directory}/contextcore.yaml`);
  expect((await place.run(["config", "trust", "--remove"])).exitCode).toBe(0);
  expect((await place.run(["inventory"])).exitCode).toBe(4);
});

test("several processes that agree at once all agree", async () => {
  const home = temporaryDirectory();
  const places = Array.from({ length: 8 }, () => {
    const directory = temporaryDirectory({ "contextcore.yaml": withLoki(`    url: ${url}\n`) });
    return placeOf(directory, home);
  });
  const done = await Promise.all(places.map((place) => place.run(["config", "trust", "--yes"])));
  expect(done.map(({ exitCode }) => exitCode)).toEqual(places.map(() => 0));
  for (const place of places) expect(await wanted(place)).toEqual([]);
});

test("a damaged file of agreements agrees to nothing, and stays as it is", async () => {
  const place = await agreedClone(url, withLoki(`    url: ${url}\n`));
  for (const text of ["{", '{"version":2}', "[]"]) {
    writeFileSync(storeOf(place), text);
    const { stderr, exitCode } = await place.run(["inventory"]);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/agreements\.json (is damaged|was written by another version of contextcore)/);
    expect((await place.run(["config", "trust", "--yes"])).exitCode).toBe(4);
    expect(readFileSync(storeOf(place), "utf8")).toBe(text);
  }
});

test("agreements that came with the project count for nothing, also where the home is in it", async () => {
  const directory = temporaryDirectory({ "contextcore.yaml": withLoki(`    url: ${url}\n`) });
  const place = placeOf(directory, directory);
  expect((await place.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  expect(await wanted(place)).toEqual([]);
  const aside = join(temporaryDirectory(), "p");
  cpSync(directory, aside, { recursive: true });
  rmSync(directory, { recursive: true });
  cpSync(aside, directory, { recursive: true, preserveTimestamps: true });
  expect(await wanted(place)).toEqual([`address ${url}`]);
});

test("a home in the clone, above its configuration, agrees to nothing by what came with it", async () => {
  const clone = temporaryDirectory({ "deploy/contextcore.yaml": withLoki(`    url: ${url}\n`) });
  const place = placeOf(join(clone, "deploy"), join(clone, "hm"));
  mkdirSync(place.home);
  expect((await place.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  const text = readFileSync(storeOf(place), "utf8");
  rmSync(storeOf(place));
  writeFileSync(storeOf(place), text.replace(/"self": "[^"]*"/, '"self": "x"'));
  const { stderr, exitCode } = await place.run(["inventory"]);
  expect(exitCode).toBe(4);
  expect(stderr).toContain(`${storeOf(place)} was copied, restored or written by somebody else`);
});

test("whose home was restored from a copy is told and asked again, once", async () => {
  const place = await agreedClone(url, withLoki(`    url: ${url}\n`));
  const aside = join(temporaryDirectory(), "h");
  cpSync(place.home, aside, { recursive: true, preserveTimestamps: true });
  const restored = placeOf(place.directory, aside);
  expect(await wanted(restored)).toEqual([`address ${url}`]);
  expect((await restored.run(["config", "trust", "--yes"])).exitCode).toBe(0);
  const { stderr, exitCode } = await restored.run(["inventory"]);
  expect(exitCode).toBe(3);
  expect(stderr).not.toContain("copied");
  const moved = placeOf(place.directory, join(temporaryDirectory(), "m"));
  renameSync(place.home, moved.home);
  expect(await wanted(moved)).toEqual([]); // the very same file
});
