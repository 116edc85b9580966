/** Removes the snapshots that a policy does not keep. */
import type { Withheld } from "../copies/place/remove-copy.ts";
import { classTimes, classTimesIn } from "../retention/classes.ts";
import { readHolds } from "../retention/holds/file.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { type Decision, isEmpty, type Policy, planPrune } from "../snapshot/catalog/retention.ts";
import { formatBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { counted } from "../units/words.ts";
import { heldRule } from "./held-by.ts";
import { copiesNow, type HeldElsewhere, keepLocalRule, NOWHERE } from "./keep-local.ts";
import { type Prunable, prunableHere, prunableIn } from "./prunable.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { KEY, openPlace, PLACE } from "./snapshots/places.ts";
import { readWholeNumber } from "./task/count.ts";
import { RefusedError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import { withLastWord } from "./task/last-word.ts";
import type { ParamValues } from "./task/param.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const number = (about: string) => ({ type: "value", hint: "N", parse: readWholeNumber, about }) as const;

const params = {
  "keep-last": number("keep the newest N"),
  "keep-within": {
    type: "value",
    hint: "DURATION",
    parse: parseDuration,
    about: "keep everything younger than this",
  },
  "keep-daily": number("keep the fullest snapshot of each of the last N days that have any"),
  "keep-weekly": number("the same for weeks"),
  "keep-monthly": number("the same for months"),
  "keep-yearly": number("the same for years"),
  "keep-classes": {
    type: "flag",
    about:
      "keep by the data's class, as `retention.classes` says: by default critical 7 years, important 3 years, operational 1 year, transient 30 days",
  },
  "keep-local": {
    type: "flag",
    about:
      "keep here what is younger than `keepLocal` of any of its backends, or not in every place of `copies`",
  },
  place: {
    ...PLACE,
    about: "remove copies in this place, and not snapshots here: a store of the configuration, or its URL",
  },
  unfinished: {
    type: "flag",
    about: "also remove from the place exports that were interrupted more than two days ago",
  },
  key: KEY,
  ...IDENTITY,
  "allow-gaps": { type: "flag", about: "also remove snapshots that hold data which no other kept one holds" },
} as const;

/** What a prune would do. */
export interface PrunePlan extends Pick<Prunable, "leftovers" | "unreadable" | "damaged"> {
  /** The place whose copies are meant. */
  readonly place?: string;
  readonly prunable: Prunable;
  /** Every snapshot, and why it stays; without a reason it goes. */
  readonly decisions: readonly Decision[];
  readonly doomed: readonly KeptSnapshot[];
  /** The verified copies elsewhere, by the `sha256` of a snapshot's manifest. */
  readonly heldIn: HeldElsewhere["heldIn"];
}

/** What a prune did. */
export interface Pruned {
  readonly removed: readonly KeptSnapshot[];
  /** Snapshots that have changed since the plan was made. */
  readonly changed: readonly string[];
  /** What the place did not let go. */
  readonly withheld: readonly Withheld[];
}

export const prune = defineTask({
  kind: "prune",
  about: "remove the snapshots that a policy does not keep",
  params,
  exclusive: [["place", "keep-local"]],
  opens: ({ place, "keep-local": isLocal }, config) => ({
    ...(isLocal ? { stores: true } : storesFor([], config, place)),
    asksNothing: true,
  }),
  destructive: true,
  async plan(asked, context): Promise<PrunePlan> {
    requireRule(asked, context);
    const { place } = asked;
    const wanted = asked["keep-local"] ? context.config.copies : [];
    const elsewhere = place === undefined ? await copiesNow(context, wanted) : NOWHERE;
    const prunable = await (place === undefined ? prunableHere(context) : prunableIn(context, place, asked));
    const decisions = await decided(prunable, elsewhere, asked, context);
    const doomed = decisions.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
    const { leftovers, unreadable, damaged } = prunable;
    const { heldIn } = elsewhere;
    return { ...given({ place }), prunable, decisions, doomed, leftovers, unreadable, damaged, heldIn };
  },
  targets: ({ doomed, leftovers }) => [
    ...doomed.map(({ path, manifest }) => ({ kind: "snapshot", name: path, identity: manifest.sha256 })),
    ...leftovers.map(({ path, identity }) => ({ kind: "remains", name: path, identity })),
  ],
  details: ({ place, doomed, leftovers }) => ({
    ...given({ place }),
    snapshots: doomed.map(({ path, manifest }) => ({ path, sha256: manifest.sha256 })),
    ...(leftovers.length === 0 ? {} : { leftovers: leftovers.map(({ path }) => path) }),
  }),
  run: carryOut,
});

/** @throws RefusedError for a policy without a rule */
function requireRule(asked: Asked, context: TaskContext): void {
  if (!isEmpty(policyOf(asked, context)) || asked["keep-local"]) return;
  throw new RefusedError("a policy that keeps nothing is not carried out", "name at least one --keep-… rule");
}

/** What a lock keeps, others may need: so it is decided anew until no more locks are found. */
async function decided(
  prunable: Prunable,
  elsewhere: HeldElsewhere,
  asked: Asked,
  context: TaskContext,
): Promise<Decision[]> {
  const locks = new Map<string, string | undefined>();
  const keepsHere = asked["keep-local"] ? keepLocalRule(context, elsewhere) : () => [];
  const isHeld = heldRule(readHolds(context.config));
  const policy: Policy = {
    ...policyOf(asked, context),
    own: (one) => [
      ...isHeld(one),
      ...keepsHere(one),
      ...[locks.get(one.path)].filter((lock) => lock !== undefined),
    ],
  };
  const options = {
    now: fromMs(Date.now()),
    allowGaps: asked["allow-gaps"],
    elsewhere: elsewhere.snapshots,
    continuing: prunable.continuing,
    isDamaged: ({ path }: KeptSnapshot) => prunable.damaged.has(path),
  };
  for (;;) {
    const decisions = planPrune(prunable.snapshots, policy, options);
    const unasked = decisions.filter(
      ({ snapshot: { path }, reasons }) => reasons.length === 0 && !locks.has(path),
    );
    for (const { snapshot } of unasked) locks.set(snapshot.path, await prunable.lockOf(snapshot));
    if (unasked.every(({ snapshot }) => locks.get(snapshot.path) === undefined)) return decisions;
  }
}

async function carryOut({ doomed, leftovers, prunable }: PrunePlan, running: Running): Promise<Done<Pruned>> {
  const kept: Withheld[] = [];
  for (const { sweep } of leftovers) kept.push(...(await sweep()));
  const { removed, changed, withheld } = await removeAll(doomed, prunable, running);
  const all = [...kept, ...withheld];
  const details = {
    ...(changed.length === 0 ? {} : { changed }),
    ...(all.length === 0 ? {} : { withheld: all.map(({ object }) => object) }),
  };
  const outcome = Object.keys(details).length === 0 ? "success" : "partial";
  return {
    result: { removed, changed, withheld: all },
    ending: { outcome, ...(outcome === "partial" ? { details } : {}) },
  };
}

/** Removes them one after another. @throws the error that stopped it, saying what was removed before */
async function removeAll(
  doomed: readonly KeptSnapshot[],
  prunable: Prunable,
  { signal, did, config }: Running,
): Promise<Pruned> {
  const removed: KeptSnapshot[] = [];
  const changed: string[] = [];
  const withheld: Withheld[] = [];
  try {
    for (const snapshot of doomed) {
      signal.throwIfAborted();
      if (!(await prunable.isSame(snapshot))) {
        changed.push(snapshot.path);
        continue;
      }
      const held = heldRule(readHolds(config))(snapshot);
      if (held.length > 0) {
        withheld.push(...held.map((reason) => ({ object: snapshot.path, reason })));
        continue;
      }
      const kept = await prunable.remove(snapshot, () => {
        removed.push(snapshot);
        did({ removed: removed.map(({ path }) => path) });
      });
      withheld.push(...kept);
    }
  } catch (error) {
    const names = removed.map(nameOf).join(", ");
    throw removed.length === 0
      ? error
      : withLastWord(error, `${removedText(removed)} (${names}), and no other`);
  }
  return { removed, changed, withheld };
}

/** `removed 2 snapshots, 3.0 MB` */
export function removedText(gone: readonly KeptSnapshot[]): string {
  const bytes = gone.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  return `removed ${counted(gone.length, "snapshot")}, ${formatBytes(bytes)}`;
}

type Asked = ParamValues<typeof params>;

function policyOf(asked: Asked, context: TaskContext): Policy {
  const { place } = asked;
  const rules = {
    last: asked["keep-last"],
    within: asked["keep-within"],
    daily: asked["keep-daily"],
    weekly: asked["keep-weekly"],
    monthly: asked["keep-monthly"],
    yearly: asked["keep-yearly"],
  };
  const named = Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== undefined));
  const classes = () =>
    place === undefined
      ? classTimes(context.config)
      : classTimesIn(openPlace(place, context).name, context.config);
  return { ...named, ...(asked["keep-classes"] ? { classes: classes() } : {}) };
}
