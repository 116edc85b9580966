/** Starts the process of a task, and hears what it tells. */
import * as v from "valibot";
import { relayLines } from "../../host/apart/relay.ts";
import { OWN_PROGRAM } from "../../programs/own.ts";
import { messageOf } from "../../units/message-of.ts";
import { boundedLines } from "./lines.ts";
import {
  type TaskControl,
  type TaskEvent,
  type TaskOrder,
  TOLD_BYTES_MAX,
  taskEventSchema,
} from "./protocol.ts";
import { TASK_WORD } from "./word.ts";

/** A process that carries out one task. */
export interface TaskProcess {
  readonly pid: number;
  tell(control: TaskControl): void;
  /** Ends it at once. */
  kill(): void;
  /** Resolves once it is gone and everything it told was heard. @returns how it ended, for people */
  readonly gone: Promise<string>;
}

/** Who hears what, and what the process may read. */
interface Listener {
  readonly env: Readonly<Record<string, string | undefined>>;
  onEvent(event: TaskEvent): void;
  /** A line of its stderr. */
  onLine(line: string): void;
}

/** @throws what the system says when it cannot be started */
export function startTask(order: TaskOrder, { env, onEvent, onLine }: Listener): TaskProcess {
  const child = Bun.spawn([...OWN_PROGRAM, TASK_WORD, order.kind], {
    cwd: order.project.directory,
    env: { ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const tell = (message: object): void => {
    // One that is gone hears nothing; that it is gone is told elsewhere.
    try {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      Promise.resolve(child.stdin.flush()).catch(() => undefined);
    } catch {
      return;
    }
  };
  const kill = (): void => child.kill("SIGKILL");
  relayLines([child.stderr], onLine);
  tell(order);
  const heard = hear(child.stdout, onEvent).catch((error) => {
    onLine(`its process cannot be understood and is ended: ${messageOf(error)}`);
    kill();
  });
  const gone = Promise.all([child.exited, heard]).then(() =>
    child.signalCode === null ? `ended with code ${child.exitCode}` : `was killed by ${child.signalCode}`,
  );
  return { pid: child.pid, tell, kill, gone };
}

async function hear(stdout: ReadableStream<Uint8Array>, onEvent: (event: TaskEvent) => void): Promise<void> {
  for await (const line of boundedLines(stdout, TOLD_BYTES_MAX))
    onEvent(v.parse(taskEventSchema, JSON.parse(line)));
}
