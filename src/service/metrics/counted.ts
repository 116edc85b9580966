/**
 * The trail, added up as far as it goes. Each look reads only what is new. The sum is kept beside the trail, so that no counter
 * falls when old events are pruned; where it is lost, the events that are left are counted again.
 */
import { dirname, join } from "node:path";
import * as v from "valibot";
import { eventOf } from "../../audit/format/chain.ts";
import { trailLines, trailLinesBackward } from "../../audit/journal/segments.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { count, emptyTally, type Tally, tallySchema } from "./tally.ts";

/** Larger than any. Bytes */
const TALLY_BYTES_MAX = 4 << 20;

const MODE = 0o600;

/**
 * The sum of the trail at `file`, which is kept where that is possible: on a medium that can only be read it is counted anew.
 * @throws TrailError when the trail cannot be read
 */
export function countedTrail(file: string): Tally {
  const path = join(dirname(file), "tally.json");
  const before = keptAt(path);
  const tally = continued(file, before) ?? countedAnew(file);
  if (tally.seq !== before.seq || tally.hash !== before.hash) keep(path, tally);
  return tally;
}

/** With the newest events; `undefined` when the trail is not the one that was counted. */
function continued(file: string, tally: Tally): Tally | undefined {
  if (tally.seq === 0) return undefined;
  const fresh: string[] = [];
  for (const line of trailLinesBackward(file)) {
    if (line.seq > tally.seq) fresh.push(line.text);
    else if (line.seq === tally.seq && line.hasHash(tally.hash)) return counting(tally, fresh.reverse());
    else return undefined;
  }
  // What was counted has been pruned.
  return fresh.length === 0 ? undefined : counting(tally, fresh.reverse());
}

function countedAnew(file: string): Tally {
  const texts = function* (): Generator<string> {
    for (const { text } of trailLines(file)) yield text;
  };
  return counting(emptyTally(), texts());
}

function counting(tally: Tally, lines: Iterable<string>): Tally {
  for (const line of lines) {
    const event = eventOf(line);
    if (event !== undefined) count(tally, event);
  }
  return tally;
}

/** What cannot be read of it is as if it had never been counted. */
function keptAt(path: string): Tally {
  try {
    return v.parse(tallySchema, JSON.parse(readOwnText(path, TALLY_BYTES_MAX)));
  } catch {
    return emptyTally();
  }
}

function keep(path: string, tally: Tally): void {
  if (tally.seq === 0) return;
  try {
    writeWhole(path, `${JSON.stringify(tally)}\n`, { isDurable: false, mode: MODE });
  } catch {
    return; // the sum is right all the same, and is only counted again next time
  }
}
