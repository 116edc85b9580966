/**
 * Runs during the build: embeds the type declarations of the plugin runtime (globals, `node:` and `bun:` modules), so that
 * plain `tsc -p .` finds them in a new plugin's folder without a network.
 */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../..");
/** Folder name of each package, and the package that depends on it and so decides its version. */
const PACKAGES: readonly (readonly [folder: string, name: string, neededBy?: string])[] = [
  ["bun", "@types/bun"],
  ["bun-types", "bun-types", "@types/bun"],
  ["node", "@types/node", "bun-types"],
  ["undici-types", "undici-types", "@types/node"],
];
/** Files for compilers before TypeScript 5.8, documentation, and nested packages. */
const LEFT_OUT = /^(ts5\.\d|docs|node_modules)\//;

/**
 * Texts by path, such as `bun/index.d.ts`, as one JSON object; zstd, base64. Level 19 saves a tenth (570 kB instead of 630 kB)
 * and makes every build take five seconds instead of 0.3.
 */
export function packedRuntimeTypes(): string {
  const folders = new Map<string, string>();
  const texts: Record<string, string> = {};
  for (const [folder, name, neededBy] of PACKAGES) {
    const from = dirname(Bun.resolveSync(`${name}/package.json`, folders.get(neededBy ?? "") ?? root));
    folders.set(name, from);
    for (const file of filesOf(from)) texts[`${folder}/${file}`] = readFileSync(join(from, file), "utf8");
  }
  return Bun.zstdCompressSync(JSON.stringify(texts), { level: 12 }).toString("base64");
}

const filesOf = (folder: string): string[] =>
  [...new Bun.Glob("**/{*.d.ts,package.json,LICENSE*}").scanSync({ cwd: folder })]
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => !LEFT_OUT.test(name))
    .sort();
