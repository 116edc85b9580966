/** The process of a worker: it opens the project, reads what the export was asked for, and runs the steps that it is told to. */
import * as v from "valibot";
import { beginSchema, stepSchema, type WorkerOrder } from "../export/workers/messages.ts";
import { ALIVE_MS, WORKER_FD } from "../export/workers/word.ts";
import { createPeer } from "../host/apart/peer.ts";
import { BUILT_INS } from "../registry.ts";
import { isAddress } from "../tasks/snapshots/addresses.ts";
import { type Caller, openContext } from "../tasks/stack/stack.ts";
import { unattended } from "../tasks/stack/unattended.ts";
import { exportKey, type WorkFor, workFor } from "../tasks/work-for.ts";

/** What the process is given by the system. */
interface Surroundings {
  readonly env: Caller["env"];
  /** Prints a line for people. */
  readonly say: (line: string) => void;
}

/** More steps at once are a mistake of who asks. */
const CALLS_MAX = 256;
/** What waits to be read by the export, bytes. */
const UNSENT_MAX = 256 << 20;

/** Runs steps until the export is over. @throws Error when it was not started by one */
export async function runWorkerProcess(surroundings: Surroundings): Promise<void> {
  const over = Promise.withResolvers<void>();
  const ending = new AbortController();
  let work: Promise<WorkFor> | undefined;
  const peer = await createPeer(WORKER_FD, {
    callsMax: CALLS_MAX,
    unsentMax: UNSENT_MAX,
    // It is over, or its process is gone.
    onEnd: () => over.resolve(),
    handlers: {
      notes: {},
      calls: {
        async begin(input) {
          work = begun(v.parse(beginSchema, input), surroundings, ending.signal);
          await work;
        },
        async step(input, signal) {
          if (work === undefined) throw new Error("nothing was begun");
          return (await work).step(v.parse(stepSchema, input), signal);
        },
      },
    },
  }).catch((cause) => {
    throw new Error("only contextcore itself starts a worker's process", { cause });
  });
  const alive = setInterval(() => peer.note("alive", null), ALIVE_MS);
  await over.promise;
  clearInterval(alive);
  ending.abort(new Error("the export is over"));
}

/** Nothing is recorded and nothing is written but parts, so the trail stays as it is. */
async function begun(order: WorkerOrder, { env, say }: Surroundings, signal: AbortSignal): Promise<WorkFor> {
  const caller = {
    ...unattended(order.project, { env, signal, say, builtIns: BUILT_INS }),
    isDry: true,
  } as const;
  const addresses = [order.place].filter(isAddress);
  const context = await openContext(caller, { stores: true, addresses });
  return await workFor(order, exportKey(context), context);
}
