/** What is known of one sink between commands: `.contextcore/sinks/NAME.json`. */
import { dirname, join } from "node:path";
import * as v from "valibot";
import { entriesIn } from "../../storage/entries.ts";
import { makeOwnDirectory, readOwnText } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { isLitter } from "../../units/litter.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { cannot } from "../format/error.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";

const Receipt = v.object({ seq: v.number(), id: v.string(), hash: v.string(), at: v.string() });
const Failure = v.object({ message: v.string(), at: v.string() });

const SinkStateSchema = v.object({
  name: v.string(),
  /** Events up to this `seq` are finished; those after it in the trail are the outbox. */
  after: v.number(),
  /** The newest event that the sink took: a witness of the trail's end. */
  receipt: v.optional(Receipt),
  delivered: v.number(),
  /** How many events the sink refused, or the full outbox dropped. */
  rejected: v.number(),
  dropped: v.number(),
  /** The last failure; absent once a delivery succeeded. */
  failure: v.optional(Failure),
  /** How often the sink itself refused the event after `after`. */
  refusals: v.number(),
});

/** What is known of one sink: how far delivery has come, what it has received, and what went wrong last. */
export type SinkState = v.InferOutput<typeof SinkStateSchema>;

/** The state of a sink that is to receive the events after number `after`. */
export const newSinkState = (name: string, after: number): SinkState => ({
  name,
  after,
  delivered: 0,
  rejected: 0,
  dropped: 0,
  refusals: 0,
});

/** The folder of the states of the trail at `file`. */
export const sinksFolder = (file: string): string => join(dirname(file), "sinks");

/** The file of one sink's state; any name is a file name. */
export const sinkStatePath = (folder: string, name: string): string =>
  join(folder, `${encodeURIComponent(name)}.json`);

/** @throws TrailError when it is there and cannot be read */
export function readSinkState(folder: string, name: string): SinkState | undefined {
  const path = sinkStatePath(folder, name);
  try {
    return v.parse(
      SinkStateSchema,
      JSON.parse(readOwnText(path, SMALL_BYTES_MAX, { root: dirname(folder) })),
    );
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cannot("read a sink's state from", path, cause);
  }
}

/**
 * Writes all of it or nothing. After a power failure an older state is still correct, but an event may be delivered twice.
 * @throws TrailError
 */
export function writeSinkState(folder: string, state: SinkState): void {
  const path = sinkStatePath(folder, state.name);
  try {
    makeOwnDirectory(dirname(folder), folder);
    writeWhole(path, `${JSON.stringify(state, null, 2)}\n`, { isDurable: false });
  } catch (cause) {
    throw cannot("write", path, cause);
  }
}

/** The states of all sinks that this trail has had. @throws TrailError when one exists and cannot be read */
export function readSinkStates(folder: string): readonly SinkState[] {
  let names: string[];
  try {
    names = entriesIn(folder).flatMap(({ name }) => (name.endsWith(".json") && !isLitter(name) ? name : []));
  } catch {
    return []; // no sink was ever configured
  }
  return names
    .sort()
    .flatMap((name) => readSinkState(folder, decodeURIComponent(name.slice(0, -".json".length))) ?? []);
}
