/**
 * The layers of ARCHITECTURE.md, checked from the imports themselves: they point one way.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { importsUnder, root, sourcesUnder } from "./imports.ts";

/** What the map says of each part, from the top down: each imports only what stands below it. */
const MAP: ReadonlyMap<string, string> = await mapped();
const ORDER: readonly string[] = [...MAP.keys()];

async function mapped(): Promise<Map<string, string>> {
  const page = await Bun.file(join(root, "ARCHITECTURE.md")).text();
  const [, map = ""] = /^src\/ .*\n((?: {2}.*\n)+)/m.exec(page) ?? [];
  const entries = map.split(/^ {2}(?=\S)/m).filter((entry) => entry !== "");
  return new Map(entries.map((entry) => [/^[\w.]+/.exec(entry)?.[0] ?? "", entry.replace(/^\S+/, "")]));
}

/** The folder of `src/` that a file lies in, or the file itself. */
const partOf = (path: string): string => path.split("/")[1] ?? "";

test("imports only point down the list", async () => {
  const wrong = (await importsUnder("src")).filter(({ file, target }) => {
    const [part, other] = [partOf(file), partOf(target)];
    return target.startsWith("src/") && part !== other && ORDER.indexOf(other) <= ORDER.indexOf(part);
  });
  expect(wrong).toEqual([]);
});

/** Where the files stand that lie in no room of their part. */
const OWN_FILES = "own files";

/** The rooms of a part from the top down, as the map names them; its own files are above them unless it says otherwise. */
function roomsOf(part: string): string[] {
  const named = [...(MAP.get(part) ?? "").matchAll(/(?<![\w/`.-])([\w-]+)\/(?!\w)|own files/g)];
  const rooms = named.map(([text, name = text]) => name);
  return rooms.includes(OWN_FILES) ? rooms : [OWN_FILES, ...rooms];
}

/** The room of a part that a file lies in. */
function roomOf(path: string): string {
  const [, , room = "", file] = path.split("/");
  return file === undefined ? OWN_FILES : room;
}

test("inside each part imports point one way too, of types and of what is imported later as well", async () => {
  const wrong = (await importsUnder("src")).filter(({ file, target }) => {
    const part = partOf(file);
    if (!target.startsWith(`src/${part}/`) || !target.endsWith(".ts")) return false;
    const [from, to] = [roomOf(file), roomOf(target)];
    const rooms = roomsOf(part);
    return from !== to && rooms.indexOf(to) <= rooms.indexOf(from);
  });
  expect(wrong).toEqual([]);
});

test("the map names every room, and none that is not there", async () => {
  const there = Map.groupBy((await sourcesUnder("src")).keys(), partOf);
  const found = [...there].map(([part, inside]) => [part, [...new Set(inside.map(roomOf))]] as const);
  const real = found.map(([part, rooms]) => [part, rooms.filter((room) => room !== OWN_FILES).sort()]);
  const named = found.map(([part]) => [
    part,
    roomsOf(part)
      .filter((room) => room !== OWN_FILES)
      .sort(),
  ]);
  expect(named).toEqual(real);
});

test("a command imports no other command: what several share lies beside them", async () => {
  const inside = (await importsUnder("src/commands")).filter(({ target }) =>
    target.startsWith("src/commands/"),
  );
  expect(inside.length).toBeGreaterThan(100);
  const wrong = inside.filter(({ file, target }) => ![roomOf(file), OWN_FILES].includes(roomOf(target)));
  expect(wrong).toEqual([]);
});

test("everything in src/ has its place in the list, and nothing else is there", async () => {
  const files = [...(await sourcesUnder("src")).keys()];
  expect([...new Set(files.map(partOf))].sort()).toEqual([...ORDER].sort());
});

test("only the registry imports the built-in plugins", async () => {
  const wrong = (await importsUnder("src")).filter(
    ({ file, target }) => target.startsWith("plugins/") && file !== "src/registry.ts",
  );
  expect(wrong).toEqual([]);
});

test("a plugin imports only contextcore, its own folder and packages", async () => {
  const own = (file: string): string => file.split("/").slice(0, 2).join("/");
  const wrong = (await importsUnder("plugins")).filter(
    ({ file, target, isLocal }) => isLocal && !target.startsWith(`${own(file)}/`),
  );
  expect(wrong).toEqual([]);
});

test("the product never imports its tests", async () => {
  const all = [...(await importsUnder("src")), ...(await importsUnder("plugins"))];
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter(({ target }) => target.startsWith("test/"))).toEqual([]);
});
