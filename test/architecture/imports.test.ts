/**
 * The layers of ARCHITECTURE.md, checked from the imports themselves: they point one way.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { importsUnder, root, sourcesUnder } from "./imports.ts";

/** From the top down, as the map has them: each imports only what stands below it. */
const ORDER: readonly string[] = await mapped();

async function mapped(): Promise<string[]> {
  const page = await Bun.file(join(root, "ARCHITECTURE.md")).text();
  const [, map = ""] = /^src\/ .*\n((?: {2}.*\n)+)/m.exec(page) ?? [];
  return [...map.matchAll(/^ {2}([\w.]+)/gm)].map(([, name = ""]) => name);
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

/** What each room of a part may import of the others in it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "snapshot/format": [],
  "snapshot/read": ["format"],
  "snapshot/write": ["format", "read"],
  "snapshot/catalog": ["format", "read", "write"],
  "audit/format": [],
  "audit/journal": ["format"],
  "audit/read": ["format", "journal"],
  "audit/deliver": ["format", "journal"],
  "audit/export": ["format", "journal", "read"],
  "audit/verify": ["format", "journal", "deliver", "read"],
  "audit/retention": ["format", "journal", "deliver", "verify"],
};

test("inside snapshot/ and audit/ imports point one way too", async () => {
  const room = (path: string): string => path.split("/").slice(1, 3).join("/");
  const wrong = (await importsUnder("src")).filter((one) => {
    const [from, to] = [room(one.file), room(one.target)];
    const [part, name = ""] = to.split("/");
    return (
      from in ROOMS &&
      to in ROOMS &&
      from !== to &&
      from.startsWith(`${part}/`) &&
      !ROOMS[from]?.includes(name)
    );
  });
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
