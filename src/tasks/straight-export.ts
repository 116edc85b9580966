/** Exports that go straight into a place: which place is meant, and how one is begun, continued and remembered there. */
import { join } from "node:path";
import { readSigningKey } from "../audit/journal/checkpoint.ts";
import { openHome } from "../audit/journal/home.ts";
import type { Config } from "../config/config.ts";
import type { Place } from "../copies/place/place.ts";
import { headOf } from "../copies/read/find-copy.ts";
import { withManifest } from "../copies/record/held-storage.ts";
import { listStraight, readPlan } from "../copies/straight/plan.ts";
import type { Draft } from "../export/draft.ts";
import { exportStraight, resumeStraight, type StraightJob } from "../export/export-straight.ts";
import type { ExportResult } from "../export/types.ts";
import { startPool } from "../export/workers/pool.ts";
import { startWorker } from "../export/workers/process.ts";
import { startQueue } from "../export/workers/queue/queue-workers.ts";
import { sealingOf } from "../export/workers/queue/seal.ts";
import { MANIFEST_BYTES_MAX } from "../snapshot/format/limits.ts";
import type { Parent } from "../snapshot/format/manifest.ts";
import { hiddenName } from "../snapshot/format/name.ts";
import type { SnapshotRequest } from "../snapshot/write/request.ts";
import { isThere } from "../storage/entries.ts";
import { localStorage } from "../storage/local.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { requireOpenable } from "./copy.ts";
import type { ExportValues } from "./export-params.ts";
import { announceLocks, locked } from "./retain.ts";
import { placedAt } from "./snapshots/addresses.ts";
import { copiesKnownTo, seenNow } from "./snapshots/holdings.ts";
import { placedName } from "./snapshots/placed-name.ts";
import { openPlace, snapshotPlaces } from "./snapshots/places.ts";
import { writingTo } from "./snapshots/writing-to.ts";
import { UsageError } from "./task/errors.ts";
import type { Running, TaskContext } from "./task/task.ts";
import { exportKey } from "./work-for.ts";

/** Where an export goes. */
export interface StraightTarget extends Pick<Draft, "earlier"> {
  readonly place: Place;
  /** The snapshot of an interrupted export to continue. */
  readonly resumed?: string;
  /** The copies that are kept there. */
  readonly kept: Storage;
  /** Whether what a snapshot holds can be read here, by its name. */
  canRead(parent: Parent): boolean;
  /** As it was named. */
  readonly address: string;
  /** So many processes run the steps. Absent: this one does. */
  readonly localWorkers?: number | undefined;
  /** The address of the queue from which workers take the steps. It may hold a password. */
  readonly queue?: string | undefined;
}

/** The place that flags name, and perhaps the interrupted export in it; `undefined`: a directory is meant. */
export function straightNamed(
  { output, partial, resume }: Pick<ExportValues, "output" | "partial" | "resume">,
  { stores }: Pick<Config, "stores">,
): { readonly place: string; readonly name?: string } | undefined {
  const placed = resume && partial !== undefined ? placedName(partial) : undefined;
  if (placed !== undefined) return placed;
  if (output === undefined || partial !== undefined) return undefined;
  const address = placedAt(`${output}/`)?.place;
  if (address !== undefined) return { place: address };
  const place = placedName(output)?.name === "" ? output.slice(0, -1) : output;
  return place !== output || Object.hasOwn(stores, place) ? { place } : undefined;
}

/**
 * Opens the place.
 * @throws UsageError when there is none of that name; RefusedError while nobody has proved that what is encrypted there can be opened
 */
export async function straightTarget(place: string, context: TaskContext): Promise<StraightTarget> {
  const { config } = context;
  const opened = openPlace(place, context);
  await requireOpenable(opened.recipients, context);
  announceLocks(opened, [], context);
  const { kept: copies } = await snapshotPlaces(context, { place });
  const here = ({ snapshot }: Parent): string => join(config.backups, snapshot);
  const isHere = (parent: Parent): boolean => isThere(here(parent));
  return {
    address: place,
    place: opened,
    kept: await keptIn(opened, config, copies),
    earlier: (parent) => (isHere(parent) ? localStorage(here(parent)) : copies.within(parent.snapshot)),
    canRead: (parent) => opened.recipients.length === 0 || isHere(parent),
  };
}

/** The sound copies of a place, as far as they are known here, with their manifests: none of it is asked for. */
async function keptIn(place: Place, config: Config, copies: Storage): Promise<Storage> {
  const known = copiesKnownTo(config);
  const found = new Map<string, Storage>();
  for (const copy of await known.list(place.name)) {
    const manifest = () => known.manifest(copy, MANIFEST_BYTES_MAX);
    if (copy.checked.sound && (await manifest()) !== undefined)
      found.set(copy.name, withManifest(copies.within(copy.name), manifest));
  }
  return {
    ...copies,
    names: async () => [...found.keys()],
    within: (name) => found.get(name) ?? copies.within(name),
  };
}

/** What the named interrupted export was asked for, or the newest one in the place. @throws UsageError, SnapshotError */
export async function straightRest(
  { place, kept }: StraightTarget,
  name: string | undefined,
  { home, trailFile, signal }: Pick<TaskContext, "home" | "trailFile" | "signal">,
): Promise<{ readonly name: string; readonly request: SnapshotRequest }> {
  const key = readSigningKey(openHome(home, trailFile));
  const found = name ?? (await listStraight(place)).at(-1);
  if (found === undefined) throw new UsageError(`there is no interrupted export in ${kept.root}`);
  if (key === undefined)
    throw new UsageError(
      `${place.shown(found)} cannot be resumed: the key that it was begun with is not here`,
      "an export is finished where it was begun; start a new one",
    );
  signal.throwIfAborted();
  const { request } = await readPlan({ place, key }, found);
  return { name: found, request };
}

/** Runs it. */
export async function runStraight(
  target: StraightTarget,
  job: Omit<StraightJob, "into" | "isFree" | "earlier">,
  running: Running,
): Promise<ExportResult> {
  const { place, resumed, earlier } = target;
  const into = await writingTo(place, running);
  const work = { ...job, into, earlier, ...given({ startWorkers: starterOf(target, running) }) };
  const { backups } = running.config;
  if (resumed !== undefined) return resumeStraight(resumed, work);
  return exportStraight({
    ...work,
    isFree: (name) => ![name, hiddenName(name, "partial")].some((one) => isThere(join(backups, one))),
  });
}

/** The way in which its workers are started. */
function starterOf(
  { address, localWorkers: count, queue: url }: StraightTarget,
  running: Running,
): StraightJob["startWorkers"] {
  const { config, directory, env, warn: onTold, backends } = running;
  if (url !== undefined)
    return (name) => {
      const sealing = sealingOf(exportKey(running), name);
      return startQueue({ url, project: config.name, backends, place: address, name, sealing, onTold });
    };
  if (count === undefined) return undefined;
  const { file: configFile, overrides } = config;
  const project = { directory, ...given({ configFile }), overrides: { ...overrides } };
  return (name) => {
    const order = { project, place: address, name };
    return startPool({ count, start: (onLine) => startWorker({ order, env, onLine }), onTold });
  };
}

/** From now on it counts as holding what it holds, as a copy does. */
export async function rememberStraight(
  { place }: StraightTarget,
  { copy, manifest }: Pick<ExportResult, "copy" | "manifest">,
  { config }: Pick<Running, "config">,
): Promise<void> {
  if (copy === undefined) return;
  const seen = seenNow(place.name, headOf(copy), { depth: "listed", sound: true, isProof: true });
  await copiesKnownTo(config).remember(seen, copy.text);
  await locked(place, copy, { manifest }, config);
}
