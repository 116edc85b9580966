import { InterruptedError } from "../units/interrupted.ts";
import type { Terminal } from "./terminal.ts";

/**
 * A signal that the first SIGINT, SIGTERM or SIGHUP aborts, so that work ends cleanly; at the second one `exit` ends the
 * program at once.
 */
export function interruptSignal(process: NodeJS.Process, terminal: Terminal, exit: () => never): AbortSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) exit();
    controller.abort(new InterruptedError(name));
    terminal.note(`\n${name === "SIGINT" ? "interrupted" : name}: stopping cleanly; once more stops at once`);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop(name));
  return controller.signal;
}
