/**
 * Copies that are being removed for good. Without its `copy.json` a copy is none any more, so who is killed while he removes one leaves
 * objects that nobody looks for: until all of them are gone, a file in the project says so.
 */
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { COPY_FILE } from "../copies/format/copy-file.ts";
import type { Place } from "../copies/place/place.ts";
import { removeCopy, removeObjects, type Withheld } from "../copies/place/remove-copy.ts";
import { SNAPSHOT_NAME } from "../snapshot/format/name.ts";
import { localStorage } from "../storage/local.ts";
import type { Storage } from "../storage/storage.ts";
import { copiesKnownTo } from "./snapshots/holdings.ts";

type Project = Pick<Config, "directory">;

const notesOf = ({ directory }: Project): Storage =>
  localStorage(join(directory, ".contextcore", "removing"));

/** Removes a copy with all that belongs to it. @returns what the place does not let go @throws PluginError */
export async function removeForGood(project: Project, open: Place, name: string): Promise<Withheld[]> {
  const notes = notesOf(project);
  await notes.write(`${open.name}/${name}`, "");
  let isGone = false;
  const withheld = await removeCopy(open, name, () => {
    isGone = true;
  });
  if (isGone) await copiesKnownTo(project).forget({ place: open.name, name });
  if (withheld.length === 0 || !isGone) await notes.remove(`${open.name}/${name}`);
  return withheld;
}

/** The copies in these places of which the removal was begun, and of which something may be left. */
export async function interruptedRemovals(
  project: Project,
  places: readonly Place[],
): Promise<{ readonly place: string; readonly name: string }[]> {
  const found: { place: string; name: string }[] = [];
  for (const open of places)
    for (const name of await notesOf(project).within(open.name).names()) {
      // With its `copy.json` it is a copy as before.
      const isBegun = SNAPSHOT_NAME.test(name) && (await open.list(`${name}/${COPY_FILE}`)).size === 0;
      if (isBegun) found.push({ place: open.name, name });
    }
  return found;
}

interface Unfinished {
  readonly open: Place;
  readonly name: string;
}

/** Writes a copy that nobody can finish later: unless it is done, {@link finishRemovals} removes what was written. @throws what the work throws */
export async function removedUnlessDone<Result>(
  project: Project,
  { open, name }: Unfinished,
  work: () => Promise<Result>,
): Promise<Result> {
  const notes = notesOf(project);
  await notes.write(`${open.name}/${name}`, "");
  const done = await work();
  await notes.remove(`${open.name}/${name}`);
  return done;
}

/** Goes on with removals that were interrupted in these places. @returns what they do not let go now @throws PluginError */
export async function finishRemovals(project: Project, places: readonly Place[]): Promise<Withheld[]> {
  const notes = notesOf(project);
  const all: Withheld[] = [];
  for (const open of places)
    for (const name of await notes.within(open.name).names()) {
      if (!SNAPSHOT_NAME.test(name)) continue;
      const there = await open.list(`${name}/`);
      // With its `copy.json` it is a copy, which is found as one.
      const isCopy = there.has(`${name}/${COPY_FILE}`);
      const withheld = isCopy ? [] : await removeObjects(open, there.keys());
      if (!isCopy) await copiesKnownTo(project).forget({ place: open.name, name });
      if (withheld.length === 0) await notes.remove(`${open.name}/${name}`);
      all.push(...withheld.map(({ object, reason }) => ({ object: open.shown(object), reason })));
    }
  return all;
}
