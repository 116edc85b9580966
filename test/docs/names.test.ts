/** What the pages for contributors name is there: files, folders, and names in the source. */
import { expect, test } from "bun:test";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");
const FOLDERS = ["src", "plugins", "web", "test", "scripts", "docs", "examples", "deploy", ".github"];

const files = FOLDERS.flatMap((folder) => [
  ...new Bun.Glob(`${folder}/**/*`).scanSync({ cwd: root, dot: true, onlyFiles: true }),
]);
/** Files and the folders that they lie in. */
const paths = [...new Set(files.flatMap((file) => above(file)))];
const source = (
  await Promise.all(
    files
      .filter((file) => /^(src|plugins|web|test)\/.*\.tsx?$/.test(file))
      .map((file) => Bun.file(join(root, file)).text()),
  )
).join("\n");

/** `a`, `a/b` and `a/b/c` of `a/b/c`. */
function above(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** What stands in backticks outside of blocks of code, without placeholders: `plugins/NAME/index.ts`. */
async function namesOn(page: string): Promise<string[]> {
  const text = (await Bun.file(join(root, page)).text()).replaceAll(/^```[\s\S]*?^```$/gm, "");
  const names = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !/NAME|VENDOR/.test(name));
}

/** From the root, or from any folder: `apart/faces.ts`, `policy/`. */
function isThere(name: string): boolean {
  const path = name.replace(/\/$/, "");
  const first = path.split("/")[0] ?? "";
  if (FOLDERS.includes(first)) return paths.includes(path);
  return paths.some((one) => one === path || one.endsWith(`/${path}`));
}

const isPath = (name: string): boolean =>
  /\.ts$|\/$/.test(name) || FOLDERS.includes(name.split("/")[0] ?? "");
/** `defineTask`, `SIGNALS`, `LineFormat`, `running.part`; a word in small letters alone is one of prose or of a shell. */
const isIdentifier = (name: string): boolean =>
  /^[A-Za-z]+(\.[a-z]\w*)?$/.test(name) &&
  /[a-z][A-Z]|^[A-Z]{4}|^[a-z]+\.[a-z]/.test(name) &&
  !/\.(json|yaml|md)/.test(name);
const isInSource = (name: string): boolean =>
  name.split(".").every((word) => new RegExp(`\\b${word}\\b`).test(source));

test.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])(
  "%s names files and folders that there are",
  async (page) => {
    const named = (await namesOn(page)).filter(isPath);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  },
);

test.each(["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/writing-a-plugin.md"])(
  "%s names what is in the source",
  async (page) => {
    const named = (await namesOn(page)).filter((name) => !isPath(name) && isIdentifier(name));
    expect(named.filter((name) => !isInSource(name))).toEqual([]);
  },
);

test("the map names files and folders that there are", async () => {
  const page = await Bun.file(join(root, "ARCHITECTURE.md")).text();
  const [map = ""] = /^```\nsrc\/[\s\S]*?^```$/m.exec(page) ?? [];
  const named = [...map.matchAll(/(?<![\w/.])[\w-]+(?:\/(?!\w)|\.ts\b)/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(50);
  expect([...new Set(named)].filter((name) => !isThere(name))).toEqual([]);
});

test("there is much to look at, and what is not there is found", async () => {
  const named = await namesOn("ARCHITECTURE.md");
  expect(named.filter(isPath).length).toBeGreaterThan(20);
  expect(named.filter(isIdentifier).length).toBeGreaterThan(5);
  expect(["src/nowhere.ts", "nowhere/", "src/host/apart/", "apart/faces.ts"].map(isThere)).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(["define".concat("Nothing"), "running.part"].map(isInSource)).toEqual([false, true]);
});
