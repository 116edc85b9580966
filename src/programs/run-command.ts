/** Runs a configured command: an argument list, no shell. */
import { spawn } from "node:child_process";
import { given } from "../units/given.ts";
import { InterruptedError } from "../units/interrupted.ts";
import { startDeadline } from "../units/time-limit.ts";
import { listen } from "./lines.ts";

/** How the command ended: with an exit code, or by a signal. */
export interface CommandOutcome {
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
  /** It took longer than it may, and was ended. */
  readonly isLate?: true;
}

/** The command as it is configured, and where it runs. */
export interface CommandRequest {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The setting that names it. */
  readonly setting: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted: the command is sent the signal that we got, and is waited for. */
  readonly signal: AbortSignal;
  /** How long it may take; default: as long as it likes. ms */
  readonly limitMs?: number;
  /** Is given what the command prints, line by line; absent: that goes to our stderr as it is. */
  readonly onLine?: (line: string) => void;
}

/** The configured command could not be started. */
class CommandError extends Error {
  override readonly name = "CommandError";
  readonly hint: string;

  constructor(message: string, setting: string, cause?: unknown) {
    super(message, given({ cause }));
    this.hint = `set ${setting} in contextcore.yaml, as a list: [docker, compose, down, -v]`;
  }
}

/** Whether its program is there and may be run. */
export const isOnPath = ({
  command: [program = ""],
  directory,
  env,
}: Pick<CommandRequest, "command" | "directory" | "env">): boolean =>
  Bun.which(program, { cwd: directory, ...given({ PATH: env.PATH }) }) !== null;

/** @throws CommandError when the program is not there or may not be run */
export function checkCommand(
  request: Pick<CommandRequest, "command" | "directory" | "env" | "setting">,
): void {
  if (isOnPath(request)) return;
  const { command, setting } = request;
  throw new CommandError(
    `the ${setting.replace(".", " ")} cannot run: ${command[0]} is not on the PATH`,
    setting,
  );
}

/** How long a command that is late may take to end before it is killed. ms */
const GRACE_MS = 10_000;

/** How long to listen to what is left of its output once it has ended: a service that it started may hold it open. ms */
const LISTEN_MS = 1_000;

/**
 * Runs the command to its end. It gets a process group of its own, so that a Ctrl-C reaches it once, from us; if we are
 * killed off, so is it.
 * @throws CommandError when it cannot be started
 */
export function runCommand(request: CommandRequest): Promise<CommandOutcome> {
  const { command, setting, directory, env, onLine } = request;
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const output = onLine === undefined ? 2 : "pipe";
    const stdio = ["ignore", output, output] as const;
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...env },
      stdio: [...stdio],
      detached: true,
    });
    const heard = onLine === undefined ? [] : [child.stdout, child.stderr].map((one) => listen(one, onLine));
    const bounds = bound(request, (name) => sendToGroup(child.pid, name));
    child.once("error", (cause) => {
      bounds.end();
      reject(new CommandError(`${program} cannot be started: ${cause.message}`, setting, cause));
    });
    child.once("exit", async (code, by) => {
      const isLate = bounds.end();
      for (const listening of heard) await listening.end(LISTEN_MS);
      resolve({
        ...(code === null ? {} : { exitCode: code }),
        ...(by === null ? {} : { signal: by }),
        ...(isLate ? { isLate } : {}),
      });
    });
  });
}

/** Ends the command when its time is over, when we are told to stop, and when we end. */
function bound(
  { signal, limitMs = Number.POSITIVE_INFINITY }: CommandRequest,
  send: (name: NodeJS.Signals) => void,
): { /** @returns whether its time was over */ end(): boolean } {
  const limit = startDeadline({ limitMs }, signal);
  let killing: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    if (!signal.aborted) killing = setTimeout(kill, GRACE_MS);
    send(signal.reason instanceof InterruptedError ? signal.reason.signalName : "SIGTERM");
  };
  const kill = (): void => send("SIGKILL");
  limit.signal.addEventListener("abort", stop, { once: true });
  process.once("exit", kill);
  if (limit.signal.aborted) stop();
  return {
    end() {
      limit.end();
      clearTimeout(killing);
      limit.signal.removeEventListener("abort", stop);
      process.off("exit", kill);
      return limit.signal.aborted && killing !== undefined;
    },
  };
}

function sendToGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended already.
  }
}
