/** A worker's part of a step: it is run, checked, compressed and sent. */
import { type StepDestination, sendStep } from "../../copies/straight/send-step.ts";
import { relieveNow } from "../../engine/memory-pressure.ts";
import type { OpenBackend } from "../../host/open.ts";
import { formatStep } from "../../snapshot/format/block.ts";
import { checkContents } from "../../snapshot/write/check-contents.ts";
import { checkWaits } from "../../snapshot/write/check-cursors.ts";
import { checkStep } from "../../snapshot/write/check-step.ts";
import type { StepOrder } from "./messages.ts";
import type { WorkedStep } from "./workers.ts";

/**
 * Runs it.
 * @returns "here": it yields objects, or files of its own, whose names the export has to decide on
 * @throws what the plugin throws; InvalidStep; SnapshotError when the place refuses
 */
export async function runAsked(
  { cursor, now, attempt }: StepOrder,
  { name, plugin: { name: plugin }, backend }: Pick<OpenBackend, "name" | "plugin" | "backend">,
  destination: StepDestination,
): Promise<WorkedStep | "here"> {
  const { signal } = destination;
  const step = checkStep(plugin, await backend.export.step(cursor, signal));
  if (step.objects.length + step.files.length > 0) return "here";
  checkContents(plugin, step, relieveNow);
  checkWaits("next", step.next, now);
  const { records, next, problems, notes, done, bytes } = step;
  const { blocks, objects, sums } = await sendStep({ plugin: name, attempt, records }, destination);
  const lines = formatStep(name, blocks, { cursor, next, problems, notes, done });
  return { objects, sums, lines: lines.map((line) => line.slice(0, -1)), bytes };
}
