/** Runs during the build: embeds the page of `web/`, as text. */
import { resolve } from "node:path";

const root = resolve(import.meta.dir, "../../..");

/** What `scripts/page.ts` prints. zstd, base64. */
export function packedPage(): string {
  const words = [process.execPath, resolve(root, "scripts/page.ts")];
  const { stdout, stderr, exitCode } = Bun.spawnSync(words, { cwd: root, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`the page does not build: ${stderr}${stdout}`);
  return Bun.zstdCompressSync(stdout, { level: 19 }).toString("base64");
}
