#!/usr/bin/env bun
/** argv → command → exit code. */
import { failureCode } from "./commands/failure.ts";
import { runWords } from "./commands/run.ts";
import { interruptSignal } from "./terminal/interrupt.ts";
import { showError } from "./terminal/show-error.ts";
import { openTerminal } from "./terminal/terminal.ts";

const words = process.argv.slice(2);
const terminal = openTerminal(process, process.env);
const signal = interruptSignal(process, terminal);

// A closed pipe (`| head`) ends the program quietly; any other failure to print is an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

try {
  process.exitCode = await runWords(words, { terminal, env: process.env, directory: process.cwd(), signal });
} catch (error) {
  showError(error, terminal, words.includes("--debug"));
  process.exitCode = failureCode(error, signal);
}
