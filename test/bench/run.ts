/** Running the compiled binary and measuring it as the operating system sees it. */
import { resolve } from "node:path";

export const BINARY = resolve(import.meta.dir, "../../dist/contextcore");

export interface Measured {
  /** s */
  readonly wall: number;
  /** User and system time, s. */
  readonly cpu: number;
  /** Peak resident memory, bytes. */
  readonly memory: number;
  readonly stdout: string;
}

/** @throws Error with what the program said when it does not end with one of the codes that are fine here. */
export async function measure(
  args: readonly string[],
  options: {
    cwd: string;
    env?: Record<string, string>;
    accept?: readonly number[];
    /** Another one than {@link BINARY}. */
    program?: string;
  },
): Promise<Measured> {
  const began = performance.now();
  const child = Bun.spawn([options.program ?? BINARY, ...args], {
    cwd: options.cwd,
    env: { ...process.env, HOME: options.cwd, CONTEXTCORE_EXPORT_RECOUNT: "0s", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const wall = (performance.now() - began) / 1000;
  if (![0, ...(options.accept ?? [])].includes(code))
    throw new Error(`${options.program ?? BINARY} ${args.join(" ")} ended with ${code}\n${stderr}`);
  const usage = child.resourceUsage();
  return {
    wall,
    cpu: Number(usage?.cpuTime.total ?? 0) / 1e6,
    memory: usage?.maxRSS ?? 0,
    stdout,
  };
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
