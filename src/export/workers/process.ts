/** One process of this machine that runs steps of an export. */
import * as v from "valibot";
import { createPeer, type Peer } from "../../host/apart/peer.ts";
import { relayLines } from "../../host/apart/relay.ts";
import { OWN_PROGRAM } from "../../programs/own.ts";
import { asThrownHere } from "./as-thrown.ts";
import { LostWorker } from "./lives.ts";
import { type StepOrder, type WorkerOrder, workedSchema } from "./messages.ts";
import { WORKER_FD, WORKER_WORD } from "./word.ts";
import type { WorkedStep } from "./workers.ts";

/** A running one. */
export interface WorkerProcess extends AsyncDisposable {
  /** Steps that it runs now. */
  readonly running: number;
  /** @throws what the step throws; LostWorker */
  step(order: StepOrder, signal: AbortSignal): Promise<WorkedStep | "here">;
  /** How it ended, once it has. */
  lost(): LostWorker | undefined;
}

/** What it is started with. */
interface WorkerStart {
  readonly order: WorkerOrder;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears each line that it prints. */
  readonly onLine: (line: string) => void;
}

/** So many steps are under way in one at most. */
const CALLS_MAX = 256;
/** What waits to be read by it, bytes. */
const UNSENT_MAX = 256 << 20;

/** Silent for so long, it stands still, and nobody knows for how long. ms */
const SILENT_MS = 10_000;

/** Starts it. @throws LostWorker; what keeps it from beginning */
export async function startWorker({ order, env, onLine }: WorkerStart): Promise<WorkerProcess> {
  const child = Bun.spawn([...OWN_PROGRAM, WORKER_WORD], {
    cwd: order.project.directory,
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // In a group of its own: Ctrl-C is heard by the export, which tells it.
    detached: true,
  });
  let lost: LostWorker | undefined;
  let running = 0;
  let why: string | undefined;
  const kill = (): void => child.kill("SIGKILL");
  const silence = onSilence(SILENT_MS, () => {
    why = `it stood still for ${SILENT_MS / 1_000} s, and was killed`;
    kill();
  });
  relayLines([child.stdout, child.stderr], onLine);
  const peer = await createPeer(Number(child.stdio[WORKER_FD]), {
    handlers: { calls: {}, notes: { alive: silence.broken } },
    callsMax: CALLS_MAX,
    unsentMax: UNSENT_MAX,
    onEnd: kill,
  });
  const gone = child.exited.then(() => {
    silence.end();
    lost = new LostWorker(why ?? howEnded(child));
    peer.close(lost);
  });
  const worker: WorkerProcess = {
    get running() {
      return running;
    },
    lost: () => lost,
    async step({ now, ...asked }, signal) {
      running += 1;
      try {
        return v.parse(workedSchema, await peer.call("step", { ...asked, now: `${now}` }, signal));
      } catch (error) {
        throw asThrownHere(error);
      } finally {
        running -= 1;
      }
    },
    async [Symbol.asyncDispose]() {
      kill();
      await gone;
    },
  };
  await begin(peer, order, worker);
  return worker;
}

async function begin(peer: Peer, order: WorkerOrder, worker: AsyncDisposable): Promise<void> {
  try {
    await peer.call("begin", order);
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
}

/** Calls once nothing was heard for so long. This process may have stood still itself, and then has not listened. */
function onSilence(limitMs: number, silent: () => void) {
  let [heard, looked] = [performance.now(), performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - looked > limitMs / 2) heard = now;
    looked = now;
    if (now - heard > limitMs) silent();
  }, limitMs / 10);
  timer.unref();
  return {
    broken: (): void => {
      heard = performance.now();
    },
    end: () => clearInterval(timer),
  };
}

const howEnded = ({
  exitCode,
  signalCode,
}: {
  readonly exitCode: number | null;
  readonly signalCode: string | number | null;
}): string =>
  signalCode === null ? `it ended with exit code ${exitCode}` : `it was killed by ${signalCode}`;
