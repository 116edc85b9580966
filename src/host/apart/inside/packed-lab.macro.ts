/** Runs during the build: embeds the look-alikes that this project's own tests use, as text. */
import { join, resolve } from "node:path";

const root = resolve(import.meta.dir, "../../../..");

/** One module of JavaScript that exports the labs by name. zstd, base64. */
export function packedLabs(): string {
  const entry = join(root, "test/lab/packed.ts");
  const command = [
    process.execPath,
    "build",
    entry,
    "--target=bun",
    "--minify-whitespace",
    "--minify-syntax",
  ];
  const { stdout, stderr, exitCode } = Bun.spawnSync(command, { cwd: root, stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`the lab does not build: ${stderr}${stdout}`);
  return Bun.zstdCompressSync(stdout, { level: 19 }).toString("base64");
}
