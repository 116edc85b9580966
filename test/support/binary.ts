/** The compiled program as a user meets it: built once for all test files, spawned with a clean environment. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { temporaryDirectory } from "./directory.ts";

const root = resolve(import.meta.dir, "../..");
const target = join(root, "dist", "contextcore");

/** The path of the program, newer than every source file. */
export const binary: string = await build();

async function build(): Promise<string> {
  if (existsSync(target) && statSync(target).mtimeMs > (await newestSource())) return target;
  const own = join(root, "dist", `contextcore.${process.pid}`);
  mkdirSync(join(root, "dist"), { recursive: true });
  const { scripts } = await Bun.file(join(root, "package.json")).json();
  const [, ...args] = String(scripts.build).split(" ");
  const words = args.map((word) => (word === "dist/contextcore" ? own : word));
  const built = Bun.spawnSync([process.execPath, ...words], { cwd: root, stderr: "pipe" });
  if (built.exitCode !== 0) throw new Error(`the program does not compile:\n${built.stderr}`);
  renameSync(own, target);
  rmSync(`${own}.map`, { force: true });
  return target;
}

async function newestSource(): Promise<number> {
  let newest = statSync(join(root, "package.json")).mtimeMs;
  for await (const file of new Bun.Glob("{src,plugins}/**/*").scan({ cwd: root, absolute: true })) {
    newest = Math.max(newest, statSync(file).mtimeMs);
  }
  return newest;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "ignore" | Blob;
  readonly signal?: AbortSignal;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface Measured extends Finished {
  /** The most memory that the process had at once, bytes. */
  readonly peakBytes: number;
}

/** The environment that the program gets, besides what the test adds. The lab's counts are stable: they need no time to settle. */
export const cleanEnv = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? "",
  HOME: home,
  TZ: "UTC",
  CONTEXTCORE_EXPORT_RECOUNT: "0s",
});

/** Runs the program to its end, with stdin at its end unless told otherwise. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { peakBytes: _, ...finished } = await measure(args, options);
  return finished;
}

/** As {@link run}, and how much memory it took. */
export async function measure(args: readonly string[], options: RunOptions = {}): Promise<Measured> {
  const cwd = options.cwd ?? temporaryDirectory();
  const child = Bun.spawn([binary, ...args], {
    cwd,
    env: { ...cleanEnv(cwd), ...options.env },
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode, peakBytes: child.resourceUsage()?.maxRSS ?? 0 };
}
