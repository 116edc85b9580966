#!/usr/bin/env bun
/** argv → command → exit code. */
import { EXIT } from "./commands/exit-code.ts";
import { failureCode } from "./commands/failure.ts";
import { runWords } from "./dispatch/run.ts";
import { refuseRuntimeOptions } from "./dispatch/runtime-options.ts";
import { WORKER_WORD } from "./export/workers/word.ts";
import { PROCESS_WORD } from "./host/apart/word.ts";
import { askThisMachineDirectly } from "./http/proxy.ts";
import { HOLDINGS_WORD } from "./service/holdings/word.ts";
import { TASK_WORD } from "./service/running/word.ts";
import { interruptSignal } from "./terminal/interrupt.ts";
import { showError } from "./terminal/show-error.ts";
import { openTerminal } from "./terminal/terminal.ts";

const words = process.argv.slice(2);
const env = { ...process.env };
const terminal = openTerminal(process, env);
const signal = interruptSignal(process, terminal, () => process.exit(EXIT.interrupted));

const debug = words.includes("--debug");

// A reader that went away (`| head`) takes nothing from what the command does, nor from its exit code: only its output is
// dropped. Any other failure to print is an error, once the command has come to its end.
let unprinted: Error | undefined;
terminal.onOutputError((error) => {
  if (error.code === "EPIPE" || unprinted !== undefined) return;
  unprinted = Object.assign(error, { path: "stdout", syscall: "write" });
  showError(unprinted, terminal, debug);
  process.exitCode ||= EXIT.error;
});

/** What a task's process has to tell is told, whoever wants it to end. */
const NEVER = new AbortController().signal;

try {
  refuseRuntimeOptions(env);
  if (words[0] === PROCESS_WORD) {
    const { runPluginProcess } = await import("./host/apart/inside/process.ts");
    await runPluginProcess();
  }
  if (words[0] === TASK_WORD) {
    const { runTaskProcess } = await import("./service/running/inside/process.ts");
    askThisMachineDirectly(process.env);
    await runTaskProcess({ env, signal, write: (text) => terminal.pour([text], NEVER) });
    process.exit(EXIT.ok);
  }
  if (words[0] === WORKER_WORD) {
    const { runWorkerProcess } = await import("./worker/process.ts");
    askThisMachineDirectly(process.env);
    await runWorkerProcess({ env, say: (line) => void terminal.pour([`${line}\n`], NEVER) });
    process.exit(EXIT.ok);
  }
  if (words[0] === HOLDINGS_WORD) {
    const { runHoldingsProcess } = await import("./service/holdings/inside/process.ts");
    await runHoldingsProcess((text) => terminal.pour([text], NEVER));
    process.exit(EXIT.ok);
  }
  // A plugin's process, above, asks nobody itself, and its environment stays as it was given.
  askThisMachineDirectly(process.env);
  const code = await runWords(words, { terminal, env, directory: process.cwd(), signal });
  process.exitCode = unprinted === undefined ? code : code || EXIT.error;
} catch (error) {
  if (error !== unprinted) showError(error, terminal, debug);
  process.exitCode = failureCode(error, signal);
}
