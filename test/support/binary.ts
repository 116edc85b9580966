/** The compiled program as a user meets it: built once for all test files, spawned with a clean environment. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "../../scripts/build.ts";
import { given } from "../../src/units/given.ts";
import { temporaryDirectory } from "./directory.ts";
import { checkPrinted } from "./printed.ts";

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
    ...["package.json", "scripts/build.ts", "scripts/page.ts"].map(
      (file) => statSync(join(root, file)).mtimeMs,
    ),
  );
  for await (const file of new Bun.Glob("{src,plugins,web}/**/*").scan({ cwd: root, absolute: true })) {
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

/** Runs the program to its end, with stdin at its end unless told otherwise. What it prints as JSON must be as it is declared. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { peakBytes: _, ...finished } = await measure(args, options);
  if (args.includes("--json") && args[0] !== "completions") checkPrinted(finished.stdout);
  return finished;
}

/**
 * The most memory that the process has had, looked at as long as it runs. What the system tells of it when it has ended
 * counts the memory of this one in, which it was forked from.
 */
async function peakOf(child: Bun.Subprocess): Promise<number> {
  let peak = 0;
  for (; child.exitCode === null && child.signalCode === null; await Bun.sleep(2)) {
    const status = await Bun.file(`/proc/${child.pid}/status`)
      .text()
      .catch(() => "");
    // Until it is another program it has the memory of this one.
    if (/^Name:\s+contextcore/m.test(status))
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0));
  }
  return peak * 1024;
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
    ...given({ signal: options.signal }),
  });
  const [stdout, stderr, exitCode, peakBytes] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
    peakOf(child),
  ]);
  return { stdout, stderr, exitCode, peakBytes };
}
