/** What is known of a chain before it is drilled that keeps it from being whole, and of backends that have none. */
import type { Doubt } from "../drill/judged.ts";
import { type BackendChain, nameOf } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import type { Reasoned } from "../snapshot/catalog/choose.ts";
import { createdAt, type KeptSnapshots, type Unreadable } from "../snapshot/catalog/kept.ts";
import { snapshotNameAt } from "../snapshot/format/name.ts";
import type { chooseSnapshots } from "./snapshots/snapshot-param.ts";

/** The snapshots that are drilled, and those that they were chosen from. */
export type DrillChoice = Awaited<ReturnType<typeof chooseSnapshots>>;

/** A backend of which nothing is drilled: its drill is owed, or its snapshots are damaged. */
export interface Undrilled extends Reasoned {
  readonly verdict: "owed" | "different";
}

/** Why a chain would not be whole even if all of it came back. */
export function doubtsOf(chain: BackendChain, { lacking, broken, kept }: DrillChoice): Doubt[] {
  const names = new Set(broken.map(({ name }) => name));
  const newer = kept.unreadable.filter((one) => names.has(nameOf(one)) && isNewer(one, chain));
  return [
    ...chain.missing.map(({ name, reason }) => different(`${name} is missing from its chain: ${reason}`)),
    ...newer.map(unreadDoubt),
    ...lacking
      .filter(({ name }) => name === chain.backend)
      .map(({ reason }): Doubt => ({ verdict: "partial", reason })),
  ];
}

const different = (reason: string): Doubt => ({ verdict: "different", reason });

/** Whoever is not believed may have signed a sound one. */
const unreadDoubt = (one: Unreadable): Doubt => ({
  verdict: one.isDistrusted ? "partial" : "different",
  reason: `${nameOf(one)}, which is newer, cannot be read: ${one.reason}`,
});

/** Only its name tells when it was begun; of two in one second it may be the later. */
function isNewer(one: Unreadable, chain: BackendChain): boolean {
  const newest = snapshotsOf([chain]).at(-1);
  if (newest === undefined) return true;
  const begun = snapshotNameAt(createdAt(newest));
  return nameOf(one).slice(0, begun.length) >= begun;
}

/** A backend that no snapshot holds which can be read: one that cannot be may have held it. */
export function unheld(name: string, { unreadable }: Pick<KeptSnapshots, "unreadable">): Undrilled {
  const damaged = unreadable.findLast(({ isDistrusted }) => isDistrusted !== true);
  if (damaged === undefined) return { name, verdict: "owed", reason: "no snapshot of it is kept" };
  const reason = `no snapshot that can be read holds it, and ${nameOf(damaged)} cannot be: ${damaged.reason}`;
  return { name, verdict: "different", reason };
}
