/** A project that saves a directory, and what is done with it. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** A project that saves its directory `tree`. */
export function project(options = ""): { readonly cwd: string; readonly tree: string } {
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  etc: { plugin: files, path: tree${options} }\n`,
  });
  const tree = join(cwd, "tree");
  mkdirSync(tree);
  return { cwd, tree };
}

export const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });

export async function exported(cwd: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await inside(cwd, "export", "--json", ...args);
  const result = JSON.parse(stdout);
  return {
    exitCode,
    stderr,
    text: stdout,
    path: String(result.snapshot?.path),
    name: String(result.snapshot?.name),
    etc: result.backends?.[0],
  };
}

export const restore = (cwd: string, ...args: readonly string[]) =>
  inside(cwd, "restore", "latest", "--yes", ...args);

/** So long ago that an increment need not look again whether it changed within the same tick. */
export const settle = (): Promise<void> => Bun.sleep(2_100);

export const drafts = (tree: string): string[] =>
  readdirSync(tree, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("partial"));
