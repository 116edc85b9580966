/** What a worker needs of an export: its plan, the place that it goes into, and the backends that it reads. */
import type { SigningKey } from "../audit/format/note.ts";
import { readSigningKey } from "../audit/journal/checkpoint.ts";
import { openHome } from "../audit/journal/home.ts";
import { readPlan } from "../copies/straight/plan.ts";
import type { StepDestination } from "../copies/straight/send-step.ts";
import { encryptedTo } from "../copies/write/encrypted.ts";
import { asItIs } from "../copies/write/outgoing.ts";
import type { StepOrder } from "../export/workers/messages.ts";
import { runAsked } from "../export/workers/run-asked.ts";
import type { WorkedStep } from "../export/workers/workers.ts";
import { openPlace } from "./snapshots/places.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** An export that somebody else has begun. */
export interface BegunExport {
  /** A store of the configuration, or its address. */
  readonly place: string;
  /** The snapshot's name there. */
  readonly name: string;
}

/** Runs steps of one export. */
export interface WorkFor {
  /** @throws what the step throws; SnapshotError when the place refuses */
  step(order: StepOrder, signal: AbortSignal): Promise<WorkedStep | "here">;
}

/** Reads what was asked for. @throws SnapshotError when no such export is there, or another key has begun it; PluginError */
export async function workFor(
  { place: address, name }: BegunExport,
  key: SigningKey,
  context: TaskContext,
): Promise<WorkFor> {
  const place = openPlace(address, context);
  const { request } = await readPlan({ place, key }, name);
  const form = place.recipients.length === 0 ? asItIs : encryptedTo(place.recipients, key);
  const destination: Omit<StepDestination, "signal"> = { place, form, name, request };
  return {
    async step(order, signal) {
      const open = context.backends.find((one) => one.name === order.backend);
      if (open === undefined) throw new Error(`${order.backend} is not open in this process`);
      return await runAsked(order, open, { ...destination, signal });
    },
  };
}

/** The key that exports of this project are begun with. @throws UsageError when it is not here */
export function exportKey({ home, trailFile }: Pick<TaskContext, "home" | "trailFile">): SigningKey {
  const key = readSigningKey(openHome(home, trailFile));
  if (key !== undefined) return key;
  throw new UsageError(
    "the key that this project's exports are begun with is not here",
    "contextcore audit keygen makes one; a worker on another machine needs a copy of the export's, with --signing-key FILE",
  );
}
