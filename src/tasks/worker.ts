/** Runs the steps of exports that others have begun, as a queue hands them out. */
import { parseSigningKey, type SigningKey } from "../audit/format/note.ts";
import { sealingOf } from "../export/workers/queue/seal.ts";
import { type QueueWork, startQueueWorker } from "../export/workers/queue/worker.ts";
import { readOwnText } from "../storage/own-file.ts";
import { messageOf } from "../units/message-of.ts";
import { NEVER } from "../units/time-limit.ts";
import { readQueue } from "./export-params.ts";
import { UsageError } from "./task/errors.ts";
import { defineTask, type TaskContext } from "./task/task.ts";
import { type BegunExport, exportKey, type WorkFor, workFor } from "./work-for.ts";

/** What it is to work on. */
export interface WorkerPlan {
  readonly url: string;
  readonly concurrency: number;
  readonly key: SigningKey;
}

/** What it has done. */
export interface WorkerDone {
  readonly steps: number;
  readonly bytes: number;
}

/** How many exports it remembers the plans of. */
const EXPORTS_MAX = 16;

export const worker = defineTask({
  kind: "worker",
  about: "run the steps of exports that others have begun, as a queue hands them out",
  params: {
    queue: {
      type: "value",
      hint: "URL",
      secret: true,
      local: true,
      required: true,
      parse: readQueue,
      about: "the Redis or Valkey of the exports, as they name it",
    },
    plugin: {
      type: "value",
      hint: "NAME",
      repeatable: true,
      complete: "backends",
      about: "only steps of the backend of this name; may be repeated",
    },
    concurrency: {
      type: "value",
      hint: "N",
      default: "2",
      parse: readConcurrency,
      about: "so many steps of one backend at once, 1 to 64",
    },
    "signing-key": {
      type: "value",
      hint: "FILE",
      complete: "files",
      local: true,
      about: "a copy of the key that the exports are begun with, where this is not their machine",
    },
  },
  destructive: false,
  recorded: false,
  opens: ({ plugin }) => ({ only: plugin, stores: true }),
  async plan({ queue, concurrency, "signing-key": file }, context): Promise<WorkerPlan> {
    if (context.failures.length > 0)
      throw new UsageError(context.failures.map((one) => `${one.name}: ${messageOf(one.error)}`).join("; "));
    return { url: queue, concurrency, key: file === undefined ? exportKey(context) : keyIn(file) };
  },
  targets: () => [],
  async run({ url, concurrency, key }, context) {
    const done = { steps: 0, bytes: 0 };
    const work: QueueWork = {
      url,
      project: context.config.name,
      backends: context.backends,
      concurrency,
      sealingOf: (name) => sealingOf(key, name),
      begin: begunOnce(key, context),
      onTold: context.warn,
      onStep(_, worked) {
        done.steps += 1;
        done.bytes += worked === "here" ? 0 : worked.bytes;
      },
    };
    await using running = await startQueueWorker(work);
    context.note(`waiting for steps of ${context.backends.map(({ name }) => name).join(", ")}`);
    await Promise.race([running.refused, aborted(context.signal)]);
    context.note("finishing what is under way");
    return { result: done satisfies WorkerDone, ending: { outcome: "success" } };
  },
});

function readConcurrency(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 64) return count;
  throw new UsageError(`--concurrency takes a number from 1 to 64, and got ${text}`);
}

function keyIn(file: string): SigningKey {
  try {
    return parseSigningKey(readOwnText(file, KEY_BYTES_MAX));
  } catch (cause) {
    throw new UsageError(
      `${file} holds no key that signs exports: ${messageOf(cause)}`,
      "it is a copy of the file that `contextcore audit keygen` names on the machine of the exports",
    );
  }
}

const KEY_BYTES_MAX = 65_536;

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** The plan of an export is read once. */
function begunOnce(key: SigningKey, context: TaskContext): (of: BegunExport) => Promise<WorkFor> {
  const known = new Map<string, Promise<WorkFor>>();
  // What is under way is finished, also once this process is told to end.
  const lasting = { ...context, signal: NEVER };
  return (of) => {
    const name = JSON.stringify([of.place, of.name]);
    const found = known.get(name) ?? workFor(of, key, lasting);
    known.set(name, found);
    found.catch(() => known.delete(name));
    const [oldest] = known.keys();
    if (known.size > EXPORTS_MAX && oldest !== undefined) known.delete(oldest);
    return found;
  };
}
