/**
 * The layers of ARCHITECTURE.md, checked from the imports themselves: they point one way.
 */
import { expect, test } from "bun:test";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");

/** What each part of `src/` may import besides itself, and nothing else. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  units: [],
  plugin: ["units", "http", "config", "registry.ts"],
  conformance: ["plugin", "export", "restore", "snapshot", "units", "http", "config"],
  http: ["plugin", "units"],
  config: ["plugin", "units"],
  snapshot: ["plugin", "units"],
  export: ["plugin", "snapshot", "units"],
  restore: ["export", "plugin", "snapshot", "units"],
  convert: ["snapshot", "units"],
  audit: ["plugin", "units"],
  dashboards: ["plugin", "units"],
  inventory: ["export", "plugin", "snapshot", "units"],
  destroy: ["terminal"],
  doctor: ["audit", "config", "destroy", "inventory", "plugin", "snapshot", "units"],
  licenses: [],
  terminal: ["units", "plugin"],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

async function importsUnder(folder: string): Promise<Import[]> {
  const found: Import[] = [];
  for await (const file of new Bun.Glob(`${folder}/**/*.ts`).scan({ cwd: root })) {
    const source = await Bun.file(join(root, file)).text();
    for (const [, target] of source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      if (target !== undefined) found.push({ file, target });
    }
  }
  return found;
}

/** `src/audit/format/chain.ts` importing `../http/x.ts` gives `src/http/x.ts`; a package stays as it is. */
const resolved = ({ file, target }: Import): string =>
  target.startsWith(".") ? relative(root, resolve(root, dirname(file), target)) : target;

/** The part that a file of `src/` belongs to; the conformance suite is one of its own, above the engine. */
const partOf = (path: string): string =>
  path.startsWith("src/plugin/conformance/") ? "conformance" : (path.split("/")[1] ?? "");

test("each part of src/ imports only the parts below it", async () => {
  const wrong = (await importsUnder("src")).filter((one) => {
    const part = partOf(one.file);
    const target = resolved(one);
    const other = partOf(target);
    return target.startsWith("src/") && part in ALLOWED && other !== part && !ALLOWED[part]?.includes(other);
  });
  expect(wrong).toEqual([]);
});

/** What each room of a part may import of the others in it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "snapshot/format": [],
  "snapshot/read": ["format"],
  "snapshot/write": ["format", "read"],
  "snapshot/verify": ["format", "read"],
  "snapshot/kept": ["format", "read", "write"],
  "audit/format": [],
  "audit/journal": ["format"],
  "audit/read": ["format", "journal"],
  "audit/deliver": ["format", "journal"],
  "audit/export": ["format", "journal", "read"],
  "audit/verify": ["format", "journal", "deliver"],
  "audit/retention": ["format", "journal", "deliver", "verify"],
};

test("inside snapshot/ and audit/ imports point one way too", async () => {
  const room = (path: string): string => path.split("/").slice(1, 3).join("/");
  const wrong = (await importsUnder("src")).filter((one) => {
    const [from, to] = [room(one.file), room(resolved(one))];
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

test("every part of src/ has its place in the list", async () => {
  const parts = new Set((await importsUnder("src")).map(({ file }) => file.split("/")[1] ?? ""));
  const free = ["commands", "main.ts", "registry.ts", "version.ts"];
  expect([...parts].filter((part) => !(part in ALLOWED) && !free.includes(part))).toEqual([]);
});

test("only the registry names the built-in plugins", async () => {
  const wrong = (await importsUnder("src")).filter(
    (one) => resolved(one).startsWith("plugins/") && one.file !== "src/registry.ts",
  );
  expect(wrong).toEqual([]);
});

test("a plugin imports only contextcore, its own folder and packages", async () => {
  const wrong = (await importsUnder("plugins")).filter((one) => {
    const own = one.file.split("/").slice(0, 2).join("/");
    return one.target.startsWith(".") && !resolved(one).startsWith(`${own}/`);
  });
  expect(wrong).toEqual([]);
});

test("the product never imports its tests", async () => {
  const all = [...(await importsUnder("src")), ...(await importsUnder("plugins"))];
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter((one) => resolved(one).startsWith("test/"))).toEqual([]);
});

test("only main.ts exits, and only terminal/ and main.ts print", async () => {
  const wrong: string[] = [];
  for await (const file of new Bun.Glob("{src,plugins}/**/*.ts").scan({ cwd: root })) {
    const source = await Bun.file(join(root, file)).text();
    if (/process\.exit\(/.test(source) && file !== "src/main.ts") wrong.push(`${file} exits`);
    if (/console\.(log|info|error|warn)\(/.test(source) && !file.startsWith("src/terminal/"))
      wrong.push(`${file} prints`);
  }
  expect(wrong).toEqual([]);
});

test("files stay small enough to be read at once", async () => {
  const long: string[] = [];
  for await (const file of new Bun.Glob("{src,plugins}/**/*.ts").scan({ cwd: root })) {
    const lines = (await Bun.file(join(root, file)).text()).split("\n").length;
    if (lines > 300 && file !== "src/plugin/contract.ts") long.push(`${file}: ${lines} lines`);
  }
  expect(long).toEqual([]);
});
