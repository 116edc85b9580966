/** The compiled program as a user meets it: built once for all test files, spawned with a clean environment. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "../../scripts/build.ts";
import { temporaryDirectory } from "./directory.ts";

const root = resolve(import.meta.dir, "../..");
const target = join(root, "dist", "contextcore");

/** The path of the program, newer than every source file. */
export const binary: string = await upToDate();

async function upToDate(): Promise<string> {
  if (existsSync(target) && statSync(target).mtimeMs > (await newestSource())) return target;
  build(target);
  return target;
}

async function newestSource(): Promise<number> {
  let newest = Math.max(
    ...["package.json", "scripts/build.ts"].map((file) => statSync(join(root, file)).mtimeMs),
  );
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
