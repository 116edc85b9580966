/** A project that saves a server, and what is done with it. */
import { cleanEnv, run } from "../../support/binary.ts";
import { temporaryDirectory } from "../../support/directory.ts";

const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");
export const project = (options: string): string =>
  temporaryDirectory({ "contextcore.yaml": `name: shop\nbackends:\n${OFF}  redis: { ${options} }\n` });
export const inside = (cwd: string, ...args: readonly string[]) => run(args, { cwd, env: cleanEnv(cwd) });

export async function exported(cwd: string, ...args: readonly string[]) {
  const { exitCode, stdout } = await inside(cwd, "export", "--json", ...args);
  const result = JSON.parse(stdout);
  return { exitCode, text: stdout, redis: result.backends?.[0], path: String(result.snapshot?.path) };
}

/** Restores into another server. */
export const restored = (cwd: string, server: { readonly address: string }, ...args: readonly string[]) =>
  inside(
    cwd,
    "restore",
    "latest",
    "--yes",
    "--json",
    "--set",
    `backends.redis.address=${server.address}`,
    ...args,
  );
