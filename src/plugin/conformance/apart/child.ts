/**
 * A child process that runs a stranger's code, and can be lost without harm: one that is busy for ever, takes too much
 * memory, ends itself or is killed gives an error that says so.
 */
import * as v from "valibot";
import { formatBytes } from "../../../units/bytes.ts";
import { residentBytes } from "./memory.ts";
import { beatSchema, endedSchema, PART, type Part, type Question } from "./messages.ts";

export interface ChildOptions {
  readonly part: Part;
  /** The words of the command line, without the program. */
  readonly words: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A child that says nothing for so long is busy for ever. ms */
  readonly silentMs: number;
  /** It may hold so much memory. bytes */
  readonly memoryMax: number;
}

export interface Child {
  /** @throws LostChild when it is gone before it answers, and ChildEnded when it has ended everything by itself */
  ask<Answer>(question: Question, schema: v.GenericSchema<unknown, Answer>): Promise<Answer>;
  /** Present when it is gone though nobody has ended it. */
  lost(): LostChild | undefined;
  /** Kills it, with every process that it has started. */
  end(): Promise<void>;
}

/** The process is gone, or had to be killed; the message says how that showed. */
export class LostChild extends Error {
  override readonly name = "LostChild";
}

/** It has shown this error and ends with this code. */
export class ChildEnded extends Error {
  override readonly name = "ChildEnded";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const WATCH_MS = 100;
/** Until it first says that it is alive, a child is not busy but starting. ms */
const START_MS = 30_000;

/** Starts this program again, in the part that it is told, and watches what it says and holds until it ends. */
export function startChild(options: ChildOptions): Child {
  let waiting: PromiseWithResolvers<unknown> | undefined;
  let blame: string | undefined;
  let lost: LostChild | undefined;
  let ending = false;
  const heard = { at: performance.now(), bytes: 0, started: false };
  const child = Bun.spawn(
    [process.execPath, ...(Bun.isStandaloneExecutable ? [] : [Bun.main]), ...options.words],
    {
      cwd: options.directory,
      env: { ...options.env, [PART]: options.part },
      // What the plugin writes past the fence is no result.
      stdio: ["ignore", 2, "inherit"],
      // A group of its own: Ctrl-C is this process's to handle, and what the plugin starts ends with it.
      detached: true,
      serialization: "json",
      ipc(message) {
        heard.at = performance.now();
        const beat = v.safeParse(beatSchema, message);
        heard.started = true;
        if (beat.success) heard.bytes = beat.output.beat;
        else waiting?.resolve(message);
      },
    },
  );
  const kill = (why?: string): void => {
    blame ??= why;
    killGroup(child);
  };
  const watch = setInterval(watcher({ heard, pid: child.pid, kill, ...options }), WATCH_MS);
  const gone = child.exited.then(() => {
    clearInterval(watch);
    const how = new LostChild(blame ?? howItEnded(child));
    if (!ending) lost = how;
    waiting?.reject(how);
    return how;
  });
  return {
    async ask(question, schema) {
      if (child.exitCode !== null || child.signalCode !== null) throw await gone;
      waiting = Promise.withResolvers();
      child.send(question);
      return read(await waiting.promise, schema);
    },
    lost: () => lost,
    async end() {
      ending = true;
      kill();
      await gone;
    },
  };
}

function read<Answer>(message: unknown, schema: v.GenericSchema<unknown, Answer>): Answer {
  const answer = v.safeParse(schema, message);
  if (answer.success) return answer.output;
  const ended = v.safeParse(endedSchema, message);
  if (ended.success) throw new ChildEnded(ended.output.ended, ended.output.message);
  throw new LostChild("its process answered what nobody can read: does it change what everybody uses?");
}

interface Watched extends ChildOptions {
  readonly heard: { at: number; readonly bytes: number; readonly started: boolean };
  readonly pid: number;
  readonly kill: (why: string) => void;
}

function watcher({ heard, pid, kill, silentMs, memoryMax }: Watched): () => void {
  let last = performance.now();
  return () => {
    const now = performance.now();
    // This process was itself held up, by sleep or by load: what the child has said is not read yet.
    if (now - last > 10 * WATCH_MS) heard.at = now;
    last = now;
    if (now - heard.at > (heard.started ? silentMs : Math.max(silentMs, START_MS)))
      kill(`did not answer within ${silentMs / 1000} s; a synchronous loop?`);
    if ((residentBytes(pid) ?? heard.bytes) > memoryMax)
      kill(`took more than ${formatBytes(memoryMax)} of memory, and was stopped`);
  };
}

/** Its process group, where there is such a thing. */
function killGroup(child: { readonly pid: number; kill(signal: "SIGKILL"): void }): void {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

const howItEnded = ({
  exitCode,
  signalCode,
}: {
  exitCode: number | null;
  signalCode: string | number | null;
}): string =>
  signalCode === null
    ? `ended the program, with exit code ${exitCode}`
    : `ended the program: it was killed by ${signalCode}`;
