/** Exports that are not finished, here and straight into places: what they still need stays. */
import { readSigningKey } from "../audit/journal/checkpoint.ts";
import { openHome } from "../audit/journal/home.ts";
import type { Config } from "../config/config.ts";
import { COPY_FILE } from "../copies/format/copy-file.ts";
import { listStraight, readPlan } from "../copies/straight/plan.ts";
import type { BackendData } from "../retention/expiry/due.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { hashesOf } from "../snapshot/catalog/lineage.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { readRequest, type SnapshotRequest } from "../snapshot/write/request.ts";
import { isOwed } from "./owed.ts";
import { openPlace } from "./snapshots/places.ts";
import type { TaskContext } from "./task/task.ts";

/** What an unfinished export was asked for, of one backend. */
export type AskedOf = SnapshotRequest["plugins"][number];

/** What the unfinished exports were asked to read. One that cannot be resumed needs nothing. @throws SnapshotError */
export async function openExports(context: TaskContext): Promise<readonly AskedOf[]> {
  const found = [...(await openExportsHere(context.config))];
  for (const [name, { enabled }] of Object.entries(context.config.stores))
    if (enabled) found.push(...(await openExportsIn(name, context)));
  return found;
}

/** The same of those that are written into the snapshots directory. @throws SnapshotError */
export async function openExportsHere({ backups }: Pick<Config, "backups">): Promise<readonly AskedOf[]> {
  const found: AskedOf[] = [];
  for (const path of await listPartials(backups)) {
    const request = await readRequest(path).catch(ifNotResumable);
    found.push(...(request?.plugins ?? []));
  }
  return found;
}

/** Where it was not begun it is not finished. Of a place that cannot be asked everything is owed anyway. */
async function openExportsIn(name: string, context: TaskContext): Promise<readonly AskedOf[]> {
  const key = readSigningKey(openHome(context.home, context.trailFile));
  if (key === undefined) return [];
  const found: AskedOf[] = [];
  try {
    const place = openPlace(name, context);
    for (const one of await listStraight(place)) {
      if ((await place.list(`${one}/${COPY_FILE}`)).size > 0) continue;
      const plan = await readPlan({ place, key }, one).catch(ifNotResumable);
      found.push(...(plan?.request.plugins ?? []));
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isOwed(error)) throw error;
  }
  return found;
}

function ifNotResumable(error: unknown): undefined {
  if (!(error instanceof SnapshotError)) throw error;
}

/** What of a snapshot may go: one backend's data. */
export interface Concerned {
  readonly snapshot: KeptSnapshot;
  readonly plugin: Pick<BackendData["plugin"], "name" | "range">;
}

/** Why one of them needs this data; `undefined`: none does. */
export const continuedBy = (open: readonly AskedOf[], { plugin, snapshot }: Concerned): string | undefined =>
  open.some(
    ({ name, parent }) => name === plugin.name && hashesOf(snapshot.manifest).includes(parent?.sha256 ?? ""),
  )
    ? "an export that is not finished continues it: contextcore export --resume"
    : undefined;

/** From when on they still read this backend; `undefined`: none does. ns */
export const readFrom = (open: readonly AskedOf[], backend: string): bigint | undefined =>
  open
    .filter(({ name }) => name === backend)
    .map(({ range }) => rangeFromText(range).from)
    .reduce<bigint | undefined>(
      (first, one) => (first === undefined || one < first ? one : first),
      undefined,
    );
