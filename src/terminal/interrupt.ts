import { InterruptedError } from "../units/interrupted.ts";
import type { Terminal } from "./terminal.ts";

/** A closed terminal sends SIGHUP more than once, from the kernel and the shell; within this time they count as one. ms */
const HANG_UP_MS = 1_000;

/**
 * A signal that the first SIGINT, SIGTERM or SIGHUP aborts, so that work ends cleanly. A second one makes `exit` end the
 * program at once.
 */
export function interruptSignal(process: NodeJS.Process, terminal: Terminal, exit: () => never): AbortSignal {
  const controller = new AbortController();
  let stoppedAt = 0;
  const stop = (name: NodeJS.Signals) => {
    if (name === "SIGINT" && terminal.isPaging()) return;
    const since = performance.now() - stoppedAt;
    if (controller.signal.aborted && name === "SIGHUP" && since < HANG_UP_MS) return;
    if (controller.signal.aborted) exit();
    stoppedAt = performance.now();
    controller.abort(new InterruptedError(name));
    const what = name === "SIGINT" ? "interrupted" : name;
    terminal.last("", `${what}: stopping cleanly; once more stops at once`);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop(name));
  return controller.signal;
}
