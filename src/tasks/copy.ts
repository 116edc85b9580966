/** Copies snapshots into a place. */

import type { Place } from "../copies/place/place.ts";
import { findCopy, headOf } from "../copies/read/find-copy.ts";
import { hasDamagedData } from "../copies/record/known-copies.ts";
import { type CopyProgress, type WrittenCopy, writeCopy } from "../copies/write/write-copy.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { isKnownAs } from "../snapshot/catalog/lineage.ts";
import { MANIFEST_BYTES_MAX } from "../snapshot/format/limits.ts";
import { SNAPSHOT_NAME } from "../snapshot/format/name.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { AgeError } from "../storage/age/error.ts";
import { requireRecipient } from "../storage/age/keys.ts";
import { checkedRecipients } from "../storage/checked-recipients.ts";
import { formatBytes } from "../units/bytes.ts";
import { given } from "../units/given.ts";
import { counted } from "../units/words.ts";
import { unlessReplaced } from "./replaced-meanwhile.ts";
import { announceLocks, locked } from "./retain.ts";
import { copiesKnownTo, seenNow } from "./snapshots/holdings.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { openPlace, snapshotPlaces } from "./snapshots/places.ts";
import { CHAIN, chooseSnapshots, SNAPSHOT } from "./snapshots/snapshot-param.ts";
import { writingTo } from "./snapshots/writing-to.ts";
import { RefusedError, UsageError } from "./task/errors.ts";
import { withLastWord } from "./task/last-word.ts";
import type { ParamValues } from "./task/param.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const params = {
  snapshot: { ...SNAPSHOT, repeatable: true, required: true },
  to: {
    type: "value",
    hint: "PLACE",
    required: true,
    complete: "places",
    local: "paths",
    about: "where the copies are kept: a store of the configuration, or its URL, such as s3://bucket/prefix",
  },
  chain: CHAIN,
} as const;

/** What to copy where. */
interface CopyPlan {
  readonly place: Place;
  /** Oldest first, so that an increment never comes before what it continues. */
  readonly snapshots: readonly KeptSnapshot[];
  /** Snapshots that these continue, and of which neither a copy is there nor one is made now. */
  readonly lacking: readonly LackingParent[];
}

/** A snapshot that a copy is of little use without. */
interface LackingParent {
  readonly name: string;
  readonly reason: string;
}

/** One snapshot's copy. */
interface CopiedSnapshot extends WrittenCopy {
  readonly snapshot: KeptSnapshot;
  /** `offsite:20260124-143000` */
  readonly where: string;
  /** RFC 3339; absent: it is not locked. */
  readonly lockedUntil?: string;
}

/** What was copied, and what that lacks. */
export interface CopyReport extends Pick<CopyPlan, "lacking"> {
  readonly place: string;
  readonly copies: readonly CopiedSnapshot[];
}

export const copy = defineTask({
  kind: "copy",
  about: "copy snapshots into a place, file by file, each checked; only what is not there yet",
  params,
  opens: ({ to, snapshot }, config) => ({ ...storesFor(snapshot, config, to), asksNothing: true }),
  destructive: false,
  async plan(asked, context): Promise<CopyPlan> {
    const place = openPlace(asked.to, context);
    await requireOpenable(place.recipients, context);
    const { snapshots, continued } = await meant(asked, context);
    announceLocks(place, snapshots, context);
    return { place, snapshots, lacking: await lackingIn(place, continued, snapshots) };
  },
  targets: ({ place, snapshots }) =>
    snapshots.map((snapshot) => ({
      kind: "copy",
      name: place.shown(nameOf(snapshot)),
      identity: snapshot.manifest.sha256,
    })),
  details: ({ place }) => ({ place: place.name }),
  run: carryOut,
});

/** The snapshots to copy, and all that they continue, each once. */
async function meant({ snapshot: named, chain }: ParamValues<typeof params>, context: TaskContext) {
  const taken = new Map<string, KeptSnapshot>();
  const continued = new Map<string, KeptSnapshot | undefined>();
  const where = await snapshotPlaces(context);
  for (const text of named) {
    const all = await chooseSnapshots({ snapshot: text, chain: true }, where);
    const own = chain ? all : await chooseSnapshots({ snapshot: text }, where);
    for (const one of snapshotsOf(own.chains)) taken.set(one.path, one);
    for (const one of snapshotsOf(all.chains)) continued.set(nameOf(one), one);
    for (const { missing } of all.chains) for (const { name } of missing) continued.set(name, undefined);
  }
  for (const one of taken.values()) requireName(one);
  return { snapshots: [...taken.values()].sort(byCreation), continued };
}

const byCreation = (a: KeptSnapshot, b: KeptSnapshot): number =>
  a.manifest.created < b.manifest.created ? -1 : 1;

/** @throws UsageError for a directory under another name than a snapshot's: nobody would find the copy */
function requireName(snapshot: KeptSnapshot): void {
  if (SNAPSHOT_NAME.test(nameOf(snapshot))) return;
  throw new UsageError(
    `${snapshot.path} is not called like a snapshot, and a copy is found by that name`,
    "rename it to when it was begun, such as 20260124-143000",
  );
}

/** What of a chain is neither copied now nor in the place. */
async function lackingIn(
  place: Place,
  continued: ReadonlyMap<string, KeptSnapshot | undefined>,
  snapshots: readonly KeptSnapshot[],
): Promise<LackingParent[]> {
  const copied = new Set(snapshots.map(nameOf));
  const lacking: LackingParent[] = [];
  for (const [name, kept] of continued) {
    if (copied.has(name)) continue;
    const found = await findCopy(place, name);
    const isIt = kept === undefined || isKnownAs(kept.manifest, found?.copy.manifest);
    if (found !== undefined && isIt) continue;
    const reason = kept === undefined ? "it is not kept here either" : "--chain takes it along";
    lacking.push({ name, reason });
  }
  return lacking;
}

/** @throws UsageError for a recipient that is none; RefusedError while nobody has proved that one of them can be opened */
export async function requireOpenable(
  recipients: readonly string[],
  { home }: Pick<TaskContext, "home">,
): Promise<void> {
  for (const recipient of recipients)
    await requireRecipient(recipient).catch((error) => {
      throw error instanceof AgeError ? new UsageError(error.message, error.hint) : error;
    });
  const checked = checkedRecipients(home);
  if (recipients.length === 0 || recipients.some((recipient) => checked.has(recipient))) return;
  throw new RefusedError("nobody has proved yet that what is encrypted for this place can be opened again", [
    "once, with the identity of one of its recipients:",
    "contextcore keys check --identity FILE",
  ]);
}

async function carryOut(
  { place, snapshots, lacking }: CopyPlan,
  running: Running,
): Promise<Done<CopyReport>> {
  const writing = await writingTo(place, running);
  const copies: CopiedSnapshot[] = [];
  using stretch = running.follow(snapshots.map(nameOf));
  for (const snapshot of snapshots) {
    const name = nameOf(snapshot);
    const known = await copiesKnownTo(running.config).find({ place: place.name, name });
    const onProgress = (progress: CopyProgress): void => stretch.progress(shown(name, progress));
    try {
      const isDoubted = known !== undefined && hasDamagedData(known);
      const written = await unlessReplaced({ place, snapshot, running }, () =>
        writeCopy({ ...writing, snapshot: snapshot.files, name, isDoubted, onProgress }),
      );
      await remember(running.config, place.name, written, snapshot);
      const until = await locked(place, written, snapshot, running.config);
      copies.push({ ...written, snapshot, where: place.shown(name), ...given({ lockedUntil: until }) });
      running.did({ copies: copies.map(recorded) });
    } catch (error) {
      throw withLastWord(error, `${copiedText(place.name, copies)}; the same command goes on`);
    }
  }
  const outcome = lacking.length === 0 ? "success" : "partial";
  const details = {
    copies: copies.map(recorded),
    ...(lacking.length === 0 ? {} : { lacking: lacking.map(({ name }) => name) }),
  };
  return { result: { place: place.name, copies, lacking }, ending: { outcome, details } };
}

/** From now on a copy counts as holding what it holds. */
export async function remember(
  config: TaskContext["config"],
  place: string,
  written: WrittenCopy,
  { files }: KeptSnapshot,
): Promise<void> {
  const manifest = await files.read(MANIFEST_FILE, MANIFEST_BYTES_MAX);
  const { isNew, isRead } = written;
  const seen = seenNow(place, headOf(written), {
    depth: isRead ? "whole" : "listed",
    sound: true,
    isProof: isNew || isRead,
  });
  await copiesKnownTo(config).remember(seen, Buffer.from(manifest).toString());
}

/** By its checksum the trail proves what `copy.json` said when it was written. */
const recorded = ({ where, sha256, copy: { manifest }, lockedUntil }: CopiedSnapshot) => ({
  copy: where,
  sha256,
  manifest,
  ...given({ locked_until: lockedUntil }),
});

const shown = (name: string, { bytes, objects, totalBytes, retries }: CopyProgress) => ({
  name,
  done: totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes),
  bytes,
  counts: { objects },
  state: "running" as const,
  retries,
});

/** `copied 2 snapshots to offsite, 3.0 MB`, or that none was. */
export function copiedText(place: string, copies: readonly CopiedSnapshot[]): string {
  if (copies.length === 0) return `no snapshot was copied to ${place}`;
  const sent = copies.reduce((sum, one) => sum + one.sent.bytes, 0);
  const rest = sent === 0 ? "all of it was there already" : formatBytes(sent);
  return `copied ${counted(copies.length, "snapshot")} to ${place}, ${rest}`;
}
