/** A worker's part of a step: it is run, checked, compressed and sent. */
import { type StepDestination, sendStep } from "../../copies/straight/send-step.ts";
import { limitOf } from "../../engine/concurrency-limit.ts";
import { relieveNow } from "../../engine/memory-pressure.ts";
import type { OpenBackend } from "../../host/open.ts";
import { formatStep } from "../../snapshot/format/block.ts";
import { checkContents } from "../../snapshot/write/check-contents.ts";
import { checkWaits } from "../../snapshot/write/check-cursors.ts";
import { checkStep } from "../../snapshot/write/check-step.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { EXPORT_TUNING } from "../tuning.ts";
import type { StepOrder } from "./messages.ts";
import type { WorkedStep } from "./workers.ts";

/**
 * Runs it.
 * @returns "here": it yields objects, or files of its own, whose names the export has to decide on
 * @throws what the plugin throws; InvalidStep; SnapshotError when the place refuses
 */
export async function runAsked(
  { cursor, now, limitMs, attempt }: StepOrder,
  { name, plugin: { name: plugin }, backend }: Pick<OpenBackend, "name" | "plugin" | "backend">,
  destination: StepDestination,
): Promise<WorkedStep | "here"> {
  const { signal } = destination;
  const limit = limitOf(EXPORT_TUNING, limitMs);
  const yielded = await withTimeLimit((inner) => backend.export.step(cursor, inner), signal, limit);
  const step = checkStep(plugin, yielded);
  if (step.objects.length + step.files.length > 0) return "here";
  checkContents(plugin, step, relieveNow);
  checkWaits("next", step.next, now);
  const { records, next, problems, notes, done, bytes } = step;
  const { blocks, objects, sums } = await sendStep({ plugin: name, attempt, records }, destination);
  const lines = formatStep(name, blocks, { cursor, next, problems, notes, done });
  return { objects, sums, lines: lines.map((line) => line.slice(0, -1)), bytes };
}
