/** The process of a worker: it opens the project, reads what the export was asked for, and runs the steps that it is told to. */
import * as v from "valibot";
import { readSigningKey } from "../audit/journal/checkpoint.ts";
import { openHome } from "../audit/journal/home.ts";
import { readPlan } from "../copies/straight/plan.ts";
import type { StepDestination } from "../copies/straight/send-step.ts";
import { encryptedTo } from "../copies/write/encrypted.ts";
import { asItIs } from "../copies/write/outgoing.ts";
import { beginSchema, stepSchema, type WorkerOrder } from "../export/workers/messages.ts";
import { runAsked } from "../export/workers/run-asked.ts";
import { ALIVE_MS, WORKER_FD } from "../export/workers/word.ts";
import { createPeer } from "../host/apart/peer.ts";
import type { OpenBackend } from "../host/open.ts";
import { BUILT_INS } from "../registry.ts";
import { isAddress } from "../tasks/snapshots/addresses.ts";
import { openPlace } from "../tasks/snapshots/places.ts";
import { type Caller, openContext } from "../tasks/stack/stack.ts";
import { unattended } from "../tasks/stack/unattended.ts";
import type { TaskContext } from "../tasks/task/task.ts";

/** What the process is given by the system. */
interface Surroundings {
  readonly env: Caller["env"];
  /** Prints a line for people. */
  readonly say: (line: string) => void;
}

/** What it works for. */
interface Work {
  readonly backends: readonly OpenBackend[];
  readonly destination: Omit<StepDestination, "signal">;
}

/** More steps at once are a mistake of who asks. */
const CALLS_MAX = 256;
/** What waits to be read by the export, bytes. */
const UNSENT_MAX = 256 << 20;

/** Runs steps until the export is over. @throws Error when it was not started by one */
export async function runWorkerProcess(surroundings: Surroundings): Promise<void> {
  const over = Promise.withResolvers<void>();
  const ending = new AbortController();
  let work: Promise<Work> | undefined;
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
          return runFor(await work, input, signal);
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

function runFor({ backends, destination }: Work, input: unknown, signal: AbortSignal) {
  const order = v.parse(stepSchema, input);
  const open = backends.find(({ name }) => name === order.backend);
  if (open === undefined) throw new Error(`${order.backend} is not open in this process`);
  return runAsked(order, open, { ...destination, signal });
}

/** Nothing is recorded and nothing is written but parts, so the trail stays as it is. */
async function begun(order: WorkerOrder, { env, say }: Surroundings, signal: AbortSignal): Promise<Work> {
  const caller = {
    ...unattended(order.project, { env, signal, say, builtIns: BUILT_INS }),
    isDry: true,
  } as const;
  const addresses = [order.place].filter(isAddress);
  const context = await openContext(caller, { stores: true, addresses });
  return { backends: context.backends, destination: await destinationOf(order, context) };
}

async function destinationOf(
  { place: where, name }: WorkerOrder,
  context: TaskContext,
): Promise<Work["destination"]> {
  const place = openPlace(where, context);
  const key = readSigningKey(openHome(context.home, context.trailFile));
  if (key === undefined) throw new Error("the key that the export was begun with is not here");
  const { request } = await readPlan({ place, key }, name);
  const form = place.recipients.length === 0 ? asItIs : encryptedTo(place.recipients, key);
  return { place, form, name, request };
}
