/** Snapshots here and copies in places, of which all or some data is past its time. */
import { planDue, type SnapshotDue } from "../retention/expiry/due.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { type EverySnapshot, type Everywhere, lookEverywhere } from "./everywhere.ts";
import { backendsGoing, type Looking, staleGoing } from "./expire-backends.ts";
import { remainsGoing } from "./expire-remains.ts";
import { sealedStaying } from "./expire-sealed.ts";
import { type Readable, wholeGoing } from "./expire-whole.ts";
import type { Due, Expirer, LetGo, Staying } from "./expirer.ts";
import { dueRulesOf, keptSince, type RulesFor, type RulesThere } from "./expiry-rules.ts";
import type { Going } from "./going.ts";
import { owedReason } from "./owed.ts";
import { refuseWrongClock } from "./retention-clock.ts";
import type { Running } from "./task/task.ts";

/** By class and backend, counted from when a snapshot was begun; in a place with a class of its own, by that. */
export const expireSnapshots: Expirer = {
  name: "snapshots",
  async look(context, asked, now): Promise<Due> {
    const everywhere = await lookEverywhere(context, asked);
    const readable = everywhere.snapshots.filter(isReadable);
    refuseWrongClock(
      now,
      context.trailFile,
      readable.map(({ kept }) => kept),
    );
    const rules = await dueRulesOf(context, asked.newest, now);
    const { places } = context.config.retention.of;
    const own = Object.keys(places);
    const goings = [
      ...(await remainsGoing(everywhere, context.config)),
      ...(await goingsHere(readable.map(sharing(own)), rules, { ...asked, places: everywhere.places })),
      ...(await Promise.all(own.map((place) => goingsIn(place, readable, rules)))).flat(),
    ];
    return {
      items: goings.flatMap(({ items }) => items),
      stays: [
        ...unasked(everywhere),
        ...sealedStaying(everywhere, context.config, now),
        ...goings.flatMap(({ stays }) => stays),
      ],
      letGo: (running, did) => letGoOf(goings, running, did),
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

const isReadable = (one: EverySnapshot): one is Readable => one.kept !== undefined;

/** Without the copies in places that have a class of their own. */
function sharing(own: readonly string[]): (one: Readable) => Readable {
  const isShared = ({ place }: { readonly place: string }): boolean => !own.includes(place);
  return (one) => ({
    ...one,
    copies: one.copies.filter(isShared),
    unasked: one.unasked.filter(isShared),
  });
}

const unasked = ({ unasked: places }: Everywhere): Staying[] =>
  places.map(({ place, reason }) => ({
    name: place,
    reason: `what is past its time there is not known: ${reason}`,
    isOwed: true,
  }));

/** What goes of the snapshots here and of their copies, the oldest first. @throws PluginError */
async function goingsHere(all: readonly Readable[], rules: RulesFor, how: Looking): Promise<Going[]> {
  const there = all.filter(({ isHere, copies, unasked: far }) => isHere || copies.length + far.length > 0);
  const own = rules(
    undefined,
    there.map(({ kept }) => kept),
  );
  const due = dueOf(there, own);
  const goings: Going[] = [];
  for (const one of there) {
    const past = due.get(one.kept);
    if (past !== undefined) goings.push(staying(past, own));
    if (past?.isWhole) goings.push(await wholeGoing(one, past, own));
    else if (past !== undefined && past.gone.length > 0) goings.push(backendsGoing(one, past, how, own));
    else if (isStale(one)) goings.push(staleGoing(one, one.kept, how));
  }
  return goings;
}

/** In a place with a class of its own copies go as a whole. @throws PluginError */
async function goingsIn(place: string, all: readonly Readable[], rules: RulesFor): Promise<Going[]> {
  const there = all
    .map((one) => ({
      ...one,
      isHere: false,
      superseded: [],
      unasked: [],
      copies: one.copies.filter((copy) => copy.place === place),
    }))
    .filter(({ copies }) => copies.length > 0);
  const own = rules(
    place,
    there.map(({ kept }) => kept),
  );
  const due = dueOf(there, own);
  const goings: Going[] = [];
  for (const one of there) {
    const past = due.get(one.kept);
    if (past !== undefined) goings.push(staying(past, own, place));
    if (past?.isWhole) goings.push(await wholeGoing(one, past, own));
  }
  return goings;
}

const dueOf = (there: readonly Readable[], rules: RulesThere): Map<KeptSnapshot, SnapshotDue> =>
  new Map(
    planDue(
      there.map(({ kept }) => kept),
      rules,
    ).map((one) => [one.snapshot, one]),
  );

const isStale = ({ superseded, copies, sha256 }: EverySnapshot): boolean =>
  superseded.length > 0 || copies.some(({ manifest }) => manifest !== sha256);

/** What is past its time, and rightly there. */
const staying = ({ snapshot, stays }: SnapshotDue, { told }: RulesThere, place?: string): Going => ({
  of: [],
  items: [],
  stays: stays.map((one) => ({
    name: place === undefined ? snapshot.path : `${place}:${snapshot.manifest.created}`,
    reason: `${told(one)}: ${one.reason}`,
  })),
  go: async () => [],
});

/** One after another: what cannot go now is owed, and keeps nothing else. */
async function letGoOf(
  goings: readonly Going[],
  running: Running,
  did: (name: string) => void,
): Promise<LetGo> {
  const gone: string[] = [];
  const stays: Staying[] = [];
  const goes = (name: string): void => {
    gone.push(name);
    did(name);
  };
  for (const going of goings) {
    running.signal.throwIfAborted();
    stays.push(...(await letGo(going, running, goes).catch((error) => owed(going, error, running))));
  }
  return { gone, stays };
}

/** What somebody has begun to hold or to continue since the plan was made stays. */
async function letGo(
  going: Going,
  running: Running,
  did: (name: string) => void,
): Promise<readonly Staying[]> {
  const reason = await keptSince(running, going.of);
  return reason === undefined ? going.go(running, did) : going.items.map(({ name }) => ({ name, reason }));
}

function owed({ items }: Going, error: unknown, { signal }: Running): Staying[] {
  signal.throwIfAborted();
  return items.map(({ name }) => ({ name, reason: owedReason(error), isOwed: true }));
}
