#!/usr/bin/env bun
/** argv → command → exit code. */
import { EXIT } from "./commands/exit-code.ts";
import { failureCode } from "./commands/failure.ts";
import { runWords } from "./commands/run.ts";
import { PROCESS_WORD } from "./plugin/apart/word.ts";
import { interruptSignal } from "./terminal/interrupt.ts";
import { showError } from "./terminal/show-error.ts";
import { openTerminal } from "./terminal/terminal.ts";

const words = process.argv.slice(2);
const terminal = openTerminal(process, process.env);
const signal = interruptSignal(process, terminal, () => process.exit(EXIT.interrupted));

// A closed pipe (`| head`) ends the program quietly; any other failure to print is an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  showError(Object.assign(error, { path: "stdout", syscall: "write" }), terminal, words.includes("--debug"));
  process.stderr.write("", () => process.exit(EXIT.error));
});

try {
  if (words[0] === PROCESS_WORD) {
    const { runPluginProcess } = await import("./plugin/apart/inside/process.ts");
    await runPluginProcess();
  }
  process.exitCode = await runWords(words, { terminal, env: process.env, directory: process.cwd(), signal });
} catch (error) {
  showError(error, terminal, words.includes("--debug"));
  process.exitCode = failureCode(error, signal);
}
