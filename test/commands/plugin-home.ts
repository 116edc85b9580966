/** Runs the program as somebody does who has only the binary, and a directory. */
import { expect } from "bun:test";
import { run } from "../support/binary.ts";
import { printedIn } from "../support/printed.ts";

/** Runs the program in a directory and expects this exit code. */
export async function contextcore(directory: string, args: readonly string[], exitCode = 0) {
  const finished = await run(args, { cwd: directory });
  expect({ args, exitCode: finished.exitCode, stderr: finished.stderr }).toEqual({
    args,
    exitCode,
    stderr: expect.any(String),
  });
  return finished;
}

export const json = async (directory: string, args: readonly string[], exitCode = 0) =>
  printedIn((await contextcore(directory, [...args, "--json"], exitCode)).stdout);
