/**
 * Data of some backends leaves a snapshot in which others stay: it is written anew without them, here and in every place. And what
 * could not be written anew then, because a place was not there, is now.
 */
import type { SnapshotDue } from "../retention/expiry/due.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { EverySnapshot, Everywhere } from "./everywhere.ts";
import type { DueItem, Staying } from "./expirer.ts";
import type { RulesThere } from "./expiry-rules.ts";
import { changedSince, type Going, isSameSnapshot } from "./going.ts";
import type { Concerned } from "./open-exports.ts";
import type { PlacesGiven } from "./snapshots/places.ts";
import { type ReplacedSnapshot, replaceEverywhere } from "./successors.ts";

/** Where it is looked, and how it is opened. */
export type Looking = PlacesGiven & Pick<Everywhere, "places">;

/** Of backends that are past their time. */
export function backendsGoing(
  one: EverySnapshot,
  { snapshot, gone }: SnapshotDue,
  how: Looking,
  { told }: RulesThere,
): Going {
  const items = gone.map(
    (plugin): DueItem => ({
      kind: "backend data",
      name: `${snapshot.path}: ${plugin.name}`,
      identity: `${snapshot.manifest.sha256} ${plugin.name}`,
      what: told({ snapshot, plugin }),
      bytes: plugin.files.reduce((sum, { bytes }) => sum + bytes, 0),
    }),
  );
  return {
    of: gone.map((plugin) => ({ snapshot, plugin })),
    items,
    stays: [],
    async go(running, did) {
      if (!(await isSameSnapshot(snapshot))) return [changedSince(snapshot.path)];
      const at = toRfc3339(fromMs(Date.now()));
      const erased = { at, event: running.event ?? "", why: "retention" as const };
      const without = gone.map(({ name }) => name);
      const result = await replaceEverywhere(running, one, { without, erased }, how);
      if (result.counts !== undefined || result.done.length > 0) for (const { name } of items) did(name);
      return owedIn(result);
    },
  };
}

/** Copies of a snapshot as it was before something was taken out of it. */
export function staleGoing(one: EverySnapshot, kept: KeptSnapshot, how: Looking): Going {
  const copies = one.copies.filter(({ manifest }) => manifest !== one.sha256);
  const names = [
    ...copies.map(
      ({ place, name, manifest }) => ["copy", `${place}:${name}`, `${place} ${manifest}`] as const,
    ),
    ...one.superseded.map(({ path, manifest }) => ["snapshot", path, manifest.sha256] as const),
  ];
  const items = names.map(([kind, name, identity]): DueItem => ({ kind, name, identity, what: STALE }));
  return {
    of: takenOut(kept),
    items,
    stays: [],
    async go(running, did) {
      const result = await replaceEverywhere(running, one, undefined, how);
      for (const { was } of result.done) did(was);
      return owedIn(result);
    },
  };
}

/** What those copies still have, as far as a class is the reason: of which time it was, only the whole snapshot tells. */
const takenOut = (snapshot: KeptSnapshot): Concerned[] =>
  (snapshot.manifest.erased ?? []).flatMap(({ why, backends = [] }) =>
    why === "retention"
      ? backends.map((name) => ({ snapshot, plugin: { name, range: snapshot.manifest.range } }))
      : [],
  );

const STALE = "it still has what was taken out of its snapshot";

const owedIn = ({ owed }: ReplacedSnapshot): Staying[] =>
  owed.map(({ where, reason, due }) => ({
    name: where,
    reason,
    isOwed: true,
    ...(due === undefined ? {} : { until: due }),
  }));
