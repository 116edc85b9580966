/** `make build`: compiles the program. Releases, tests and benchmarks build with these very flags. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dir, "..");

/** What runs in a thread of its own is an entry point of its own. */
const THREADS = ["./plugins/sqlite/health-worker.ts", "./src/service/relay/thread.ts"];

/**
 * The words behind `bun`. With splitting, what is imported in the middle of the program is read from the file only when it
 * runs, so that the program starts without it. What lies in the folder where the program is started is not loaded.
 * @param out where the program is written
 * @param target another machine, as Bun names it; default this one
 */
export const buildWords = (out: string, target?: string): string[] => [
  "build",
  "./src/main.ts",
  ...THREADS,
  "--compile",
  "--bytecode",
  "--format=esm",
  "--splitting",
  "--sourcemap",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--compile-autoload-package-json",
  ...(target === undefined ? [] : [`--target=${target}`]),
  "--outfile",
  out,
];

/**
 * Compiles the program to `out`, which appears whole or not at all. The source maps are inside of it; those that Bun puts
 * beside it are not kept.
 * @throws Error with what the compiler says
 */
export function build(out: string, target?: string): void {
  mkdirSync(dirname(out), { recursive: true });
  const folder = mkdtempSync(join(dirname(out), ".build-"));
  try {
    // The program's file name is inside of it.
    const program = join(folder, basename(out));
    const words = buildWords(program, target);
    const built = Bun.spawnSync([process.execPath, ...words], { cwd: root, stdout: "pipe", stderr: "pipe" });
    if (built.exitCode !== 0) throw new Error(`${basename(out)} does not compile:\n${built.stderr}`);
    renameSync(program, out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) build(join(root, "dist/contextcore"));
