/** What an erasure does last: it looks once more at what there is, since exports and copies may have run meanwhile. */
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { hashesOf } from "../snapshot/catalog/lineage.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { messageOf } from "../units/message-of.ts";
import { type EverySnapshot, type Everywhere, lookEverywhere } from "./everywhere.ts";
import { type Owed, owedReason } from "./owed.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import { giveErasures } from "./snapshots/writing-to.ts";
import type { Search } from "./subject-found.ts";
import { owedOutcome } from "./subject-owed.ts";
import { finishReplacing } from "./successors.ts";
import type { TaskContext } from "./task/task.ts";

/** Copies that came meanwhile are replaced, every place gets the list of what was erased, and what nobody has looked through is owed. */
export async function afterwards(
  context: TaskContext,
  search: Pick<Search, "looked" | "unsearched">,
  how: PlacesGiven,
): Promise<SubjectOutcome[]> {
  try {
    const now = await lookEverywhere(context, how);
    const { owed } = await finishReplacing(context, now, how);
    const since = await madeSince(context, search, now);
    const all = [...owed, ...since, ...(await notGiven(context, now))];
    return all.map(owedOutcome);
  } catch (error) {
    context.signal.throwIfAborted();
    return [owedOutcome({ where: context.config.backups, reason: owedReason(error) })];
  }
}

/** Places without the list could bring back what is erased. */
async function notGiven(context: TaskContext, { places }: Everywhere): Promise<Owed[]> {
  const owed: Owed[] = [];
  for (const place of places) {
    try {
      await giveErasures(place, context);
    } catch (error) {
      context.signal.throwIfAborted();
      const reason = `it did not get the list of what was erased: ${messageOf(error)}`;
      owed.push({ where: place.name, reason });
    }
  }
  return owed;
}

/** A snapshot that was written anew is known by what it was. */
async function madeSince(
  { config: { backups } }: Pick<TaskContext, "config">,
  { looked, unsearched }: Pick<Search, "looked" | "unsearched">,
  { snapshots, unfinished }: Everywhere,
): Promise<Owed[]> {
  const told = new Set(unsearched.map(({ name }) => name));
  const partials = (await listPartials(backups)).filter((path) => !told.has(snapshotName(path)));
  const names = [
    ...snapshots.filter((one) => !isLookedThrough(one, looked)).flatMap(namesOf),
    ...partials,
    ...unfinished.map(({ path }) => path),
  ];
  return [...new Set(names)]
    .filter((name) => !told.has(name))
    .map((where) => ({ where, reason: "it was made meanwhile, and is looked through at the next try" }));
}

const isLookedThrough = ({ kept, sha256 }: EverySnapshot, looked: ReadonlySet<string>): boolean =>
  (kept === undefined ? [sha256] : hashesOf(kept.manifest)).some((hash) => looked.has(hash));

const namesOf = ({ isHere, kept, copies }: EverySnapshot): string[] =>
  isHere && kept !== undefined ? [kept.path] : copies.map(({ place, name }) => `${place}:${name}`);
