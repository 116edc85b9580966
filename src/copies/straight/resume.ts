/** Reads what an interrupted export straight into a place has committed. */
import type { StoredObject } from "../../contract/contract.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { CommittedStep } from "../../snapshot/write/recover.ts";
import { flawOf } from "../read/find-copy.ts";
import { readCommits, type StraightCommit, stepOf } from "./commits.ts";
import type { StraightOptions } from "./options.ts";
import type { StraightExport } from "./plan.ts";
import { createState, type StraightState } from "./state.ts";

/** What is there of it. */
interface RecoveredExport {
  readonly state: StraightState;
  /** The text of its manifest: nothing is left to read. */
  readonly manifest?: string;
}

/**
 * @param onStep receives each committed step in order
 * @throws SnapshotError when what was committed is not there any more, or is not ours; PluginError
 */
export async function recoverStraight(
  { place, name, book }: Pick<StraightOptions, "place"> & StraightExport,
  onStep: (step: CommittedStep) => void,
): Promise<RecoveredExport> {
  const there = new Map(
    [...(await place.list(`${name}/`))].map(([object, found]) => [object.slice(name.length + 1), found]),
  );
  const { commits, manifest } = await readCommits(book, there);
  const state = createState(there);
  for (const commit of commits) {
    requireThere(commit, there, (object) => place.shown(`${name}/${object}`));
    const step = stepOf(commit, place.shown(name));
    state.commitName(step.plugin, step.commit.cursor);
    state.number = Math.max(state.number, commit.number);
    state.run = Math.max(state.run, commit.run);
    state.enter(step, commit);
    onStep(step);
  }
  state.run += 1;
  return { state, ...(manifest === undefined ? {} : { manifest }) };
}

function requireThere(
  { objects }: StraightCommit,
  there: ReadonlyMap<string, StoredObject>,
  shown: (object: string) => string,
): void {
  for (const object of objects) {
    const flaw = flawOf(object, there.get(object.name));
    if (flaw === undefined) continue;
    throw new SnapshotError(`${shown(object.name)} is not what was committed: it ${flaw}`, {
      hint: "Something else has changed it: start a new export.",
    });
  }
}
