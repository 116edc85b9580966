/** The side of a queue that takes steps: runs them, and answers. */
import type { Job, Worker } from "bullmq";
import * as v from "valibot";
import { toFailure } from "../../../host/apart/failure.ts";
import type { Json } from "../../../units/json.ts";
import { asError } from "../../../units/message-of.ts";
import type { StepOrder } from "../messages.ts";
import type { WorkedStep } from "../workers.ts";
import { createBeside } from "./beside.ts";
import { connectQueue } from "./connection.ts";
import { jobSchema, PREFIX, type QueuedBackend, queuedStepSchema, queueName, type StepJob } from "./jobs.ts";
import type { Sealing } from "./seal.ts";

/** One that takes steps, until it is disposed of: then it finishes those that it has. */
export interface QueueWorker extends AsyncDisposable {
  /** Rejects once it must not go on: what the queue hands out is not for this configuration or key. */
  readonly refused: Promise<never>;
}

/** What it works with. */
export interface QueueWork {
  readonly url: string;
  /** The project's name. */
  readonly project: string;
  readonly backends: readonly QueuedBackend[];
  /** Steps of one backend at once. */
  readonly concurrency: number;
  /** How what it hears is opened. @param name the snapshot's */
  sealingOf(name: string): Sealing;
  /**
   * The export that a step is of. @throws what says that this process has no part in it
   */
  begin(job: Omit<StepJob, "sealed">): Promise<Steps>;
  /** Hears what becomes of the queue. */
  readonly onTold: (line: string) => void;
  /** Hears of each step that was done. */
  readonly onStep: (order: StepOrder, worked: WorkedStep | "here") => void;
}

/** Steps of one export. */
interface Steps {
  step(order: StepOrder, signal: AbortSignal): Promise<WorkedStep | "here">;
}

/** Without a sign of life for so long it is taken for dead, and its steps are given to others. ms */
const LOCK_MS = 30_000;
/** How often somebody looks for the dead, ms. */
const STALLED_MS = 10_000;
/** For so long nobody gets a step that was given back, ms. */
const BACK_MS = 1_000;

/** Starts it. @throws PluginError when the queue's server does not answer at first */
export async function startQueueWorker(work: QueueWork): Promise<QueueWorker> {
  const bullmq = await import("bullmq");
  const { onTold, url, backends, project, concurrency } = work;
  const connection = await connectQueue({ url, onTold });
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  const ending = new AbortController();
  const beside = createBeside();
  const answer = async (job: Job<StepJob, string>, token: string | undefined): Promise<string> => {
    const asked = await openedJob(work, job).catch(async (error) => {
      refused.reject(error);
      await job.moveToDelayed(Date.now() + BACK_MS, token);
      throw new bullmq.DelayedError();
    });
    const { order, sealing, steps } = asked;
    const said = await beside.run(order.isAlone, () => worked(steps, order, work, ending.signal));
    return sealing.seal(`answer ${job.id}`, said);
  };
  const workers = backends.map((backend): Worker<StepJob, string> => {
    const worker = new bullmq.Worker<StepJob, string>(queueName(project, backend), answer, {
      connection: connection.duplicate(),
      prefix: PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      // Whoever asked decides what becomes of a step whose worker was lost.
      maxStalledCount: 0,
    });
    // The connection itself tells.
    worker.on("error", () => undefined);
    return worker;
  });
  return {
    refused: refused.promise,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.close()));
      ending.abort(new Error("the worker ends"));
      connection.disconnect();
    },
  };
}

/** @throws what says that it is not for this process */
async function openedJob({ sealingOf, begin }: QueueWork, job: Job<StepJob, string>) {
  const { place, name, sealed } = v.parse(jobSchema, job.data);
  const sealing = sealingOf(name);
  const order = v.parse(queuedStepSchema, openedAs(sealing, job.id ?? "", sealed));
  return { order, sealing, steps: await begin({ place, name }) };
}

function openedAs(sealing: Sealing, about: string, sealed: string): Json {
  try {
    return sealing.open(about, sealed);
  } catch (cause) {
    throw new Error("what lies in the queue was not put there by an export that has this worker's key", {
      cause,
    });
  }
}

/** What is thrown is an answer, too: it is decided on where the export is. */
async function worked(
  steps: Steps,
  order: StepOrder,
  { onStep }: QueueWork,
  signal: AbortSignal,
): Promise<Json> {
  try {
    const done = await steps.step(order, signal);
    onStep(order, done);
    return JSON.parse(JSON.stringify({ worked: done }));
  } catch (error) {
    return JSON.parse(JSON.stringify({ failure: toFailure(asError(error)) }));
  }
}
