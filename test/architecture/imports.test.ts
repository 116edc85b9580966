/**
 * The layers of ARCHITECTURE.md, checked from the imports themselves: they point one way.
 */
import { expect, test } from "bun:test";
import { importsUnder, sourcesUnder } from "./imports.ts";

/** What each part of `src/` may import besides itself, and nothing else. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  units: [],
  redact: ["units"],
  contract: ["units"],
  storage: ["units"],
  http: ["contract", "redact", "units"],
  config: ["contract", "units"],
  plugin: ["contract", "redact", "storage", "units", "http", "config", "registry.ts"],
  conformance: ["contract", "plugin", "redact", "export", "restore", "snapshot", "units", "http", "config"],
  snapshot: ["contract", "storage", "units"],
  export: ["contract", "snapshot", "units"],
  restore: ["contract", "plugin", "export", "snapshot", "storage", "units"],
  convert: ["snapshot", "units"],
  audit: ["contract", "redact", "storage", "units"],
  agreement: ["audit", "config", "contract", "http", "plugin", "redact", "registry.ts", "storage", "units"],
  dashboards: ["contract", "units"],
  inventory: ["contract", "plugin", "export", "snapshot", "units"],
  destroy: ["units"],
  doctor: ["audit", "config", "contract", "destroy", "inventory", "snapshot", "units"],
  licenses: [],
  terminal: ["tasks", "units"],
  tasks: [
    ...["audit", "config", "contract", "convert", "dashboards", "destroy", "export", "inventory", "plugin"],
    ...["restore", "snapshot", "storage", "units"],
  ],
};

/**
 * The contract: what plugins and everything else share, below the host that loads plugins. It lies in `src/plugin` too, since
 * one entry gives it to strangers.
 */
const CONTRACT: ReadonlySet<string> = new Set(
  [
    "contextcore",
    "contract",
    "directory-size",
    "errors",
    "file-name",
    "growing-buffer",
    "lab",
    "open",
    "options",
    "protobuf-reader",
    "protobuf-writer",
    "tree-paths",
    "yaml",
  ].map((name) => `src/plugin/${name}.ts`),
);

/** The part that a file of `src/` belongs to; the conformance suite is one of its own, above the engine. */
function partOf(path: string): string {
  if (CONTRACT.has(path) || path.startsWith("src/plugin/contract/")) return "contract";
  return path.startsWith("src/plugin/conformance/") ? "conformance" : (path.split("/")[1] ?? "");
}

test("each part of src/ imports only the parts below it", async () => {
  const wrong = (await importsUnder("src")).filter(({ file, target }) => {
    const [part, other] = [partOf(file), partOf(target)];
    return target.startsWith("src/") && part in ALLOWED && other !== part && !ALLOWED[part]?.includes(other);
  });
  expect(wrong).toEqual([]);
});

test("what the parts may import makes no circle", () => {
  const below = (part: string, path: readonly string[]): string[] =>
    path.includes(part)
      ? [[...path, part].join(" -> ")]
      : (ALLOWED[part] ?? []).flatMap((other) => below(other, [...path, part]));
  expect(Object.keys(ALLOWED).flatMap((part) => below(part, []))).toEqual([]);
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

test("every part of src/ has its place in the list, and the contract's files are there", async () => {
  const files = [...(await sourcesUnder("src")).keys()];
  const free = ["commands", "main.ts", "registry.ts", "version.ts"];
  const parts = new Set(files.map(partOf));
  expect([...parts].filter((part) => !(part in ALLOWED) && !free.includes(part))).toEqual([]);
  expect([...CONTRACT].filter((file) => !files.includes(file))).toEqual([]);
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
