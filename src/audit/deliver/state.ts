/** What is known of one sink between commands: `.contextcore/sinks/NAME.json`. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { makeOwnDirectory, readOwnText } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { isMissing } from "../../units/system-refusal.ts";
import { cannot } from "../format/error.ts";
import { SMALL_BYTES_MAX } from "../format/limits.ts";

const Receipt = v.object({ seq: v.number(), id: v.string(), hash: v.string(), at: v.string() });
const Failure = v.object({ message: v.string(), at: v.string() });

const SinkStateSchema = v.object({
  name: v.string(),
  /** Events up to this `seq` are done with: the outbox is what the trail holds after it. */
  after: v.number(),
  /** The newest event that the sink took: a witness of the trail's end. */
  receipt: v.optional(Receipt),
  delivered: v.number(),
  /** Events that the sink refused to take, and that fell out of the bounded outbox. */
  rejected: v.number(),
  dropped: v.number(),
  /** The last failure; absent once a delivery succeeded. */
  failure: v.optional(Failure),
  /** How often the event after `after` was refused as such. */
  refusals: v.number(),
});

/** What is known of one sink: how far it has come, what it has, and what went wrong last. */
export type SinkState = v.InferOutput<typeof SinkStateSchema>;

/** Of a sink that gets the events after the number `after`. */
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
    throw cannot("read what is known of a sink in", path, cause);
  }
}

/**
 * Whole or not at all. After a power failure an older state is still true: an event may then be delivered twice.
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

/** Every sink that this trail has known. @throws TrailError when one is there and cannot be read */
export function readSinkStates(folder: string): readonly SinkState[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return []; // no sink was ever configured
  }
  return names
    .sort()
    .flatMap((name) => readSinkState(folder, decodeURIComponent(name.slice(0, -".json".length))) ?? []);
}
