/** The page and the program meet in types, in plain functions and in a list of addresses, and nowhere else. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { importsUnder, root } from "./imports.ts";

const made = await importsUnder("web");

test("of src/ the page takes types, functions of units/ and the list of addresses", () => {
  const taken = made.filter(({ target, kind }) => target.startsWith("src/") && kind !== "type");
  expect(taken.length).toBeGreaterThan(2);
  const wrong = taken.filter(
    ({ target }) => !target.startsWith("src/units/") && target !== "src/service/page/paths.ts",
  );
  expect(wrong).toEqual([]);
});

test("of packages it takes those that are made for browsers, and it names no other file of the repository", () => {
  const others = made.filter(({ target }) => !/^(src|web)\//.test(target)).map(({ target }) => target);
  const allowed = ["preact", "preact/hooks", "@preact/signals", "uplot", "uplot/dist/uPlot.min.css"];
  expect(others.filter((target) => !allowed.includes(target))).toEqual([]);
});

test("the program takes nothing of the page but its text", async () => {
  const all = [...(await importsUnder("src")), ...(await importsUnder("plugins"))];
  expect(all.filter(({ target }) => target.startsWith("web/"))).toEqual([]);
});

/** What stands above what: a part takes nothing of those before it. */
const ORDER = ["shell", "views", "parts", "routing", "api"];

test("the folders of the page import one way", () => {
  const folder = (path: string): string => path.split("/")[1] ?? "";
  const wrong = made.filter(({ file, target }) => {
    const [from, to] = [ORDER.indexOf(folder(file)), ORDER.indexOf(folder(target))];
    return target.startsWith("web/") && from >= 0 && to >= 0 && to < from;
  });
  expect(wrong).toEqual([]);
});

test("the page fits the browser's types, and what the API answers", () => {
  const tsc = Bun.spawnSync([process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", "web"], {
    cwd: root,
    stdout: "pipe",
  });
  expect(tsc.stdout.toString()).toBe("");
}, 60_000);
