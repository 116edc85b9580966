/** A snapshot of which nothing is to stay goes here and in every place. */
import { lockedUntil } from "../copies/place/remove-copy.ts";
import type { SnapshotDue } from "../retention/expiry/due.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { removeSnapshot } from "../snapshot/catalog/prune.ts";
import type { CopyThere, EverySnapshot } from "./everywhere.ts";
import type { DueItem, Staying } from "./expirer.ts";
import type { RulesThere } from "./expiry-rules.ts";
import { changedSince, type Going, isSameCopy, isSameSnapshot } from "./going.ts";
import { removeForGood } from "./removals.ts";
import type { Running } from "./task/task.ts";

/** A snapshot of which it is known what it holds. */
export interface Readable extends EverySnapshot {
  readonly kept: KeptSnapshot;
}

/** @throws PluginError when a place does not say what is locked there */
export async function wholeGoing(one: Readable, due: SnapshotDue, { now, told }: RulesThere): Promise<Going> {
  const locks = new Map<CopyThere, string>();
  for (const copy of one.copies) {
    const until = await lockedUntil(copy.open, copy.name, now);
    if (until !== undefined) locks.set(copy, until);
  }
  const here = [...(one.isHere ? [due.snapshot] : []), ...one.superseded];
  const copies = one.copies.filter((copy) => !locks.has(copy));
  const what = due.gone.map((plugin) => told({ snapshot: due.snapshot, plugin })).join("; ");
  return {
    of: due.gone.map((plugin) => ({ snapshot: due.snapshot, plugin })),
    items: [
      ...here.map((kept) => snapshotItem(kept, what)),
      ...copies.map((copy) => copyItem(copy, due.snapshot, what)),
    ],
    stays: [...[...locks].map(lockedStays), ...unaskedStays(one)],
    async go(running, did) {
      const left: Staying[] = [];
      for (const kept of here) left.push(...(await snapshotGone(kept, did)));
      for (const copy of copies) left.push(...(await copyGone(copy, running, did)));
      return left;
    },
  };
}

const snapshotItem = ({ path, manifest: { sha256, bytes } }: KeptSnapshot, what: string): DueItem => ({
  kind: "snapshot",
  name: path,
  identity: sha256,
  what,
  bytes,
});

const copyItem = (copy: CopyThere, { manifest: { bytes } }: KeptSnapshot, what: string): DueItem => ({
  kind: "copy",
  name: shown(copy),
  identity: `${copy.place} ${copy.manifest}`,
  what,
  bytes,
});

const shown = ({ place, name }: CopyThere): string => `${place}:${name}`;

const lockedStays = ([copy, until]: readonly [CopyThere, string]): Staying => ({
  name: shown(copy),
  reason: `it is locked until ${until}`,
  isOwed: true,
  until,
});

/** Of places that could not be asked: what is known to be there. */
const unaskedStays = ({ unasked }: EverySnapshot): Staying[] =>
  unasked.map(({ where, reason }) => ({ name: where, reason, isOwed: true }));

async function snapshotGone(kept: KeptSnapshot, did: (name: string) => void): Promise<Staying[]> {
  if (!(await isSameSnapshot(kept))) return [changedSince(kept.path)];
  await removeSnapshot(kept, () => did(kept.path));
  return [];
}

async function copyGone(
  copy: CopyThere,
  { config }: Running,
  did: (name: string) => void,
): Promise<Staying[]> {
  if (!(await isSameCopy(copy))) return [changedSince(shown(copy))];
  const withheld = await removeForGood(config, copy.open, copy.name);
  if (withheld.length === 0) did(shown(copy));
  return withheld.map(({ object, reason }) => ({ name: object, reason, isOwed: true }));
}
