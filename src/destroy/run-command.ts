/** Runs the configured command: an argument list, no shell, its output on our stderr. */
import { spawn } from "node:child_process";
import { given } from "../units/given.ts";
import { InterruptedError } from "../units/interrupted.ts";

/** How the command ended: with an exit code, or by a signal. */
export interface CommandOutcome {
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
}

/** The command as it is configured, and where it runs. */
export interface CommandRequest {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted: the command is sent the signal that we got, and is waited for. */
  readonly signal: AbortSignal;
}

/** The configured command could not be started. */
class CommandError extends Error {
  override readonly name = "CommandError";
  readonly hint = "set destroy.command in contextcore.yaml, as a list: [docker, compose, down, -v]";
}

/** @throws CommandError when the program is not there or may not be run */
export function checkCommand({ command, directory, env }: Omit<CommandRequest, "signal">): void {
  const [program = ""] = command;
  const found = Bun.which(program, { cwd: directory, ...given({ PATH: env.PATH }) });
  if (found === null) throw new CommandError(`the destroy command cannot run: ${program} is not on the PATH`);
}

/**
 * Runs the command to its end. It gets a process group of its own, so that a Ctrl-C reaches it once, from us; if we are
 * killed off, so is it.
 * @throws CommandError when it cannot be started
 */
export function runCommand({ command, directory, env, signal }: CommandRequest): Promise<CommandOutcome> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...env },
      stdio: ["ignore", 2, 2],
      detached: true,
    });
    const send = (name: NodeJS.Signals) => sendToGroup(child.pid, name);
    const pass = () => send(signal.reason instanceof InterruptedError ? signal.reason.signalName : "SIGTERM");
    const kill = () => send("SIGKILL");
    const end = () => {
      signal.removeEventListener("abort", pass);
      process.off("exit", kill);
    };
    signal.addEventListener("abort", pass, { once: true });
    process.once("exit", kill);
    child.once("error", (cause) => {
      end();
      reject(new CommandError(`${program} cannot be started: ${cause.message}`, { cause }));
    });
    child.once("exit", (code, by) => {
      end();
      resolve({ ...(code === null ? {} : { exitCode: code }), ...(by === null ? {} : { signal: by }) });
    });
    if (signal.aborted) pass();
  });
}

function sendToGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended already.
  }
}
