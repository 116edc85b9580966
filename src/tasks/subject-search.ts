/** Looks for one person's data everywhere: servers, snapshots, copies, the log of runs, the trail. */
import { lockedUntil } from "../copies/place/remove-copy.ts";
import { watchMemory } from "../engine/memory-pressure.ts";
import { eventsWith } from "../retention/subjects/in-text.ts";
import { blotting } from "../retention/subjects/spellings.ts";
import { isThere } from "../storage/entries.ts";
import { messageOf } from "../units/message-of.ts";
import { fromMs } from "../units/range.ts";
import { type Everywhere, lookEverywhere } from "./everywhere.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import type { FoundInKept, ReadSnapshot, Search, Unsearched } from "./subject-found.ts";
import { findInKept, type Heard } from "./subject-in-kept.ts";
import { eventParts, keptParts, runParts, serverParts } from "./subject-parts.ts";
import { findOwnRuns } from "./subject-runs.ts";
import { findOnServers } from "./subject-servers.ts";
import { soughtOf } from "./subject-sought.ts";
import { staysIn } from "./subject-stays.ts";
import { unsearchedIn } from "./subject-unsearched.ts";
import type { TaskContext } from "./task/task.ts";

/** Whose data, and with what to open what is encrypted. */
interface SearchGiven extends PlacesGiven, Heard {
  readonly subject: string;
  /** Manifests of snapshots that are known to hold none. */
  readonly known?: ReadonlySet<string>;
  /** Is given each event of the trail, as it stands there. */
  readonly onEvent?: (text: string) => void;
}

/** What was found, and what there is to look through. */
export interface WholeSearch extends Search {
  readonly everywhere: Everywhere;
}

/** @throws UsageError when the configuration says wrongly where persons show up */
export async function searchSubject(context: TaskContext, given: SearchGiven): Promise<WholeSearch> {
  const { subject, known = new Set() } = given;
  using _memory = watchMemory();
  const runs = findOwnRuns(context.config, subject);
  const { servers, unsearched: unasked } = await findOnServers(context, subject);
  const everywhere = await lookEverywhere(context, given);
  const readable = everywhere.snapshots.flatMap((one) =>
    one.kept === undefined ? [] : { ...one, kept: one.kept },
  );
  const fresh = readable.filter(({ sha256 }) => !known.has(sha256));
  const { found, unsearched: unread } = await findInAll(context, given, fresh);
  const { texts } = soughtOf(context, subject);
  const events = isThere(context.trailFile) ? eventsWith(context.trailFile, texts, given.onEvent) : 0;
  const stays = staysIn(context.config);
  const locks = await locksOn(found, context);
  const telling = { blot: blotting(subject), stays, locks };
  const { blot } = telling;
  return {
    everywhere,
    servers,
    kept: found,
    runs: runs.ids,
    events,
    stays,
    parts: [
      ...servers.flatMap((one) => serverParts(one, telling)),
      ...found.flatMap((one) => keptParts(one, telling)),
      ...runParts(runs, telling),
      ...eventParts(events, context.trailFile),
    ],
    unsearched: [...unasked, ...(await unsearchedIn(everywhere, context.config)), ...unread].map((one) => ({
      ...one,
      name: blot(one.name),
      reason: blot(one.reason),
    })),
    looked: new Set([...known, ...fresh.map(({ sha256 }) => sha256)]),
  };
}

/** Of every copy in which something was found. What a place does not tell is seen when the copy is to go. */
async function locksOn(
  found: readonly FoundInKept[],
  { signal }: Pick<TaskContext, "signal">,
): Promise<ReadonlyMap<string, string>> {
  const now = fromMs(Date.now());
  const locks = new Map<string, string>();
  for (const { open, place, name } of found.flatMap(({ one }) => one.copies)) {
    const until = await lockedUntil(open, name, now).catch(() => undefined);
    signal.throwIfAborted();
    if (until !== undefined) locks.set(`${place}:${name}`, until);
  }
  return locks;
}

async function findInAll(
  context: TaskContext,
  { subject, ...heard }: SearchGiven,
  all: readonly ReadSnapshot[],
): Promise<{ readonly found: readonly FoundInKept[]; readonly unsearched: readonly Unsearched[] }> {
  const found: FoundInKept[] = [];
  const unsearched: Unsearched[] = [];
  using stretch = context.follow(["snapshots"]);
  for (const [done, one] of all.entries()) {
    const counts = { snapshots: done };
    stretch.progress({
      name: "snapshots",
      done: done / all.length,
      bytes: 0,
      counts,
      state: "running",
      retries: 0,
    });
    const told = { source: one.isHere ? "snapshot" : "copy", name: one.kept.path } as const;
    try {
      const seen = await findInKept(context, one, subject, heard);
      if (seen.files.length + seen.stored.length + seen.mentions > 0) found.push(seen);
      for (const { file, reason } of seen.unread) unsearched.push({ ...told, reason: `${file}: ${reason}` });
    } catch (error) {
      context.signal.throwIfAborted();
      unsearched.push({ ...told, reason: messageOf(error) });
    }
  }
  return { found, unsearched };
}
