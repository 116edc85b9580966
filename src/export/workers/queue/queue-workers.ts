/**
 * Workers of other machines, found through a queue. The queue is a hint: what counts lies in the place, and a step that the queue has
 * lost is asked for again.
 */
import { randomBytes } from "node:crypto";
import type { Job, Queue, QueueEvents } from "bullmq";
import type { Redis } from "ioredis";
import * as v from "valibot";
import { fromFailure } from "../../../host/apart/failure.ts";
import { messageOf } from "../../../units/message-of.ts";
import { asThrownHere } from "../as-thrown.ts";
import { LostWorker, survived } from "../lives.ts";
import type { AskedStep, WorkedStep, Workers } from "../workers.ts";
import { connectQueue } from "./connection.ts";
import { PREFIX, type QueuedBackend, queuedAnswerSchema, queueName, type StepJob } from "./jobs.ts";
import type { Sealing } from "./seal.ts";

/** What an export tells its queue. */
export interface QueueStart {
  readonly url: string;
  /** The project's name. */
  readonly project: string;
  readonly backends: readonly QueuedBackend[];
  /** The place, as it was named, and the snapshot's name there. */
  readonly place: string;
  readonly name: string;
  readonly sealing: Sealing;
  /** Hears what becomes of the queue. */
  readonly onTold: (line: string) => void;
}

/** How long an answer stays in the queue, s. */
const KEPT_S = 3_600;
/** How often it is looked whether the queue still has what is waited for, ms. */
const LOOK_MS = 5_000;

/** The queue has forgotten a step: nobody is to blame. */
class Forgotten extends Error {
  override readonly name = "Forgotten";
}

type Answered = (answer: { readonly sealed: string } | { readonly error: Error }) => void;

/** Opens the queues of an export. @throws PluginError when their server does not answer at first */
export async function startQueue(start: QueueStart): Promise<Workers> {
  const { url, onTold } = start;
  const bullmq = await import("bullmq");
  const connection = await connectQueue({ url, onTold });
  const listening = await connectQueue({ url, onTold });
  const queues = new Map<string, Opened>();
  const waiting = new Map<string, Answered>();
  const opened = (backend: string): Opened => {
    const known = queues.get(backend);
    if (known !== undefined) return known;
    const name = queueName(start.project, backendOf(start, backend));
    const queue = new bullmq.Queue<StepJob, string>(name, { connection, prefix: PREFIX });
    const events = new bullmq.QueueEvents(name, { connection: listening.duplicate(), prefix: PREFIX });
    // The connection itself tells.
    queue.on("error", () => undefined);
    events.on("error", () => undefined);
    events.on("completed", ({ jobId, returnvalue }) => waiting.get(jobId)?.({ sealed: returnvalue }));
    events.on("failed", ({ jobId, failedReason }) =>
      waiting.get(jobId)?.({ error: new LostWorker(lostText(failedReason)) }),
    );
    const made = { queue, events };
    queues.set(backend, made);
    return made;
  };
  const ask = async (
    asked: AskedStep,
    isAlone: boolean,
    signal: AbortSignal,
  ): Promise<WorkedStep | "here"> => {
    const attempt = randomBytes(8).toString("hex");
    const { queue } = opened(asked.backend);
    const { now, backend, cursor, limitMs } = asked;
    const step = { backend, cursor, limitMs, attempt, isAlone, now: `${now}` };
    const answer = Promise.withResolvers<string>();
    waiting.set(attempt, (one) => ("sealed" in one ? answer.resolve(one.sealed) : answer.reject(one.error)));
    const leave = (): void => answer.reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    const look = setInterval(() => void lookFor({ queue, connection, waiting }, attempt), LOOK_MS);
    try {
      signal.throwIfAborted();
      const data = { place: start.place, name: start.name, sealed: start.sealing.seal(attempt, step) };
      await Promise.race([queue.add("step", data, { jobId: attempt, ...KEPT }), answer.promise]);
      return opening(start.sealing, attempt, await answer.promise);
    } finally {
      clearInterval(look);
      signal.removeEventListener("abort", leave);
      waiting.delete(attempt);
      void queue.remove(attempt).catch(() => undefined);
    }
  };
  return {
    run: (asked, signal) => survived((isAlone) => remembered(() => ask(asked, isAlone, signal))),
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...queues.values()].flatMap(({ queue, events }) => [queue.close(), events.close()]),
      ).catch(() => undefined);
      connection.disconnect();
      listening.disconnect();
    },
  };
}

const KEPT = { removeOnComplete: { age: KEPT_S }, removeOnFail: { age: KEPT_S } };

interface Opened {
  readonly queue: Queue<StepJob, string>;
  readonly events: QueueEvents;
}

/** @throws Error when it is not of this export */
function backendOf({ backends }: QueueStart, name: string): QueuedBackend {
  const found = backends.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not a backend of this export`);
  return found;
}

/** What a queue forgets is asked for again. */
async function remembered<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Forgotten)) throw error;
    }
  }
}

interface Looking {
  readonly queue: Queue<StepJob, string>;
  readonly connection: Redis;
  readonly waiting: ReadonlyMap<string, Answered>;
}

/** An event may be lost: then the job itself says how it stands. */
async function lookFor({ queue, connection, waiting }: Looking, attempt: string): Promise<void> {
  const tell = waiting.get(attempt);
  if (tell === undefined) return;
  const job: Job<StepJob, string> | undefined = await queue.getJob(attempt).catch(() => undefined);
  // A server that does not answer is no answer.
  const isForgotten = job === undefined && (await connection.ping().catch(() => "")) !== "";
  if (isForgotten) tell({ error: new Forgotten("the queue has forgotten it") });
  else if (job?.finishedOn !== undefined && job.failedReason === undefined) tell({ sealed: job.returnvalue });
  else if (job?.failedReason !== undefined) tell({ error: new LostWorker(lostText(job.failedReason)) });
}

const lostText = (reason: string): string =>
  /stalled/.test(reason) ? "whoever ran it was not heard of any more" : reason;

/** @throws what was thrown there */
function opening(sealing: Sealing, attempt: string, sealed: string): WorkedStep | "here" {
  const answer = v.parse(queuedAnswerSchema, openedAs(sealing, `answer ${attempt}`, sealed));
  if ("failure" in answer) throw asThrownHere(fromFailure(answer.failure));
  return answer.worked;
}

/** What somebody else has put there is no answer. */
function openedAs(sealing: Sealing, about: string, sealed: string) {
  try {
    return sealing.open(about, sealed);
  } catch (cause) {
    throw new LostWorker(`what the queue gave back is not of this export: ${messageOf(cause)}`);
  }
}
