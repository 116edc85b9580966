/** The `age` program, as a second opinion. */
import { debianProgram } from "./debian.ts";

/** The path that starts it. */
export const AGE = debianProgram({ package: "age", program: "age" });

/** Runs it. @throws Error with what it said when it fails */
export function runAge(args: readonly string[], input: Uint8Array = new Uint8Array()): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync([AGE, ...args], { stdin: input, stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`age: ${stderr}`);
  return stdout;
}

/** Makes an identity file's text. */
export const ageKeygen = (): string =>
  Bun.spawnSync([debianProgram({ package: "age", program: "age-keygen" })]).stdout.toString();
