/** Sends what one step has yielded, from whatever process ran it. */
import type { SnapshotRequest } from "../../snapshot/write/request.ts";
import { createPlacer, type StepRecords } from "../../snapshot/write/step.ts";
import type { StraightOptions } from "./options.ts";
import { createGatherer } from "./parts.ts";
import { straightPlacement } from "./placement.ts";
import { createPartSender, orStops, type SentStep, stepFrom } from "./sender.ts";

/** Where it goes. */
export interface StepDestination extends Pick<StraightOptions, "place" | "form" | "signal"> {
  /** The snapshot's name. */
  readonly name: string;
  readonly request: SnapshotRequest;
}

/** One attempt at a step. */
interface Attempt {
  /** The instance. */
  readonly plugin: string;
  /** In the names of its parts: no other attempt has it. */
  readonly attempt: string;
  readonly records: readonly StepRecords[];
}

/** Sends all of it. No commit names it yet. @throws SnapshotError when the place refuses */
export function sendStep(
  { plugin, attempt, records }: Attempt,
  destination: StepDestination,
): Promise<SentStep> {
  const { request } = destination;
  return orStops(destination, async () => {
    const placement = straightPlacement(request, { attempt });
    const placer = createPlacer(plugin, { placement, compressed: request.compression === "zstd" });
    const gatherer = createGatherer();
    const placed = await placer.place({ records, objects: [] });
    const parts = [...gatherer.add(placed), ...gatherer.rest()];
    const { send } = createPartSender(destination);
    return stepFrom(await Promise.all(parts.map(send)));
  });
}
