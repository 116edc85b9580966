/** A project that saves databases, and what is done with it. */
import { cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { LEDGER } from "./databases.ts";

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
/** The option `ledger`, as YAML. */
export const ledger = `{ ${Object.entries(LEDGER)
  .map(([key, value]) => `${key}: ${value}`)
  .join(", ")} }`;

/** A project that saves what the options say. */
export const project = (options: string): string =>
  temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}  worm: { plugin: sqlite, ${options} }\n`,
  });

export const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });

export async function exported(cwd: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await inside(cwd, "export", "--json", ...args);
  const result = JSON.parse(stdout);
  return { exitCode, stderr, path: String(result.snapshot?.path), worm: result.backends?.[0], text: stdout };
}

export const restoreFrom = (cwd: string, snapshot: string, ...args: readonly string[]) =>
  inside(cwd, "restore", snapshot, "--yes", ...args);
export const restore = (cwd: string, ...args: readonly string[]) => restoreFrom(cwd, "latest", ...args);
