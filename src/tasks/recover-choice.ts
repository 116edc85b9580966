/** Which snapshots a recovery takes: of each backend the newest that was begun by then, with everything it continues. */
import { resolve } from "node:path";
import { COPY_FILE } from "../copies/format/copy-file.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import { SNAPSHOT_NAME } from "../snapshot/format/name.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { targetKind } from "../storage/entries.ts";
import { localStorage } from "../storage/local.ts";
import type { RecoverValues } from "./recover-params.ts";
import { isAddress, placedAt } from "./snapshots/addresses.ts";
import type { Erasures } from "./snapshots/erasures.ts";
import type { SnapshotPlaces } from "./snapshots/named-snapshot.ts";
import { snapshotPlaces } from "./snapshots/places.ts";
import { chooseSnapshots } from "./snapshots/snapshot-param.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext } from "./task/task.ts";

/** What is wanted. */
interface Wanted extends Pick<RecoverValues, "key" | "identity" | "passphrase-file" | "ignore-erasures"> {
  readonly from: string | undefined;
  /** ns */
  readonly at: bigint;
  /** The user said it: then a snapshot cannot be named, too. */
  readonly isDated: boolean;
  readonly backends: readonly string[];
}

/** What a recovery takes, and what of it must not come back. */
interface ChosenToRecover {
  readonly chosen: Chosen;
  readonly openErasures: () => Promise<Erasures>;
}

/** Chooses them. @throws UsageError when there are none, SnapshotError when a named one is not credible */
export async function chooseForRecovery(wanted: Wanted, context: TaskContext): Promise<ChosenToRecover> {
  const { where, snapshot } = await placesOf(wanted, context);
  const { at: until, backends: plugins, isDated } = wanted;
  const isLatest = snapshot === undefined || snapshot.endsWith("latest");
  if (isDated && !isLatest)
    throw new UsageError("--at and a named snapshot contradict each other", "leave one of them out");
  const asked = {
    snapshot: snapshot ?? "latest",
    chain: true,
    until,
    plugins,
    parts: true,
    sources: context.backends,
  };
  const all = await chooseSnapshots(asked, where);
  const chains = all.chains.filter((one) => isAmong(one.backend, plugins));
  const openErasures = () => where.erasures(chains, wanted["ignore-erasures"]);
  return { chosen: { ...all, chains }, openErasures };
}

const isAmong = (name: string, names: readonly string[]): boolean =>
  names.length === 0 || names.includes(name);

interface Where {
  readonly where: SnapshotPlaces;
  /** Absent: the newest of each backend. */
  readonly snapshot?: string;
}

/** The place that is meant by where it lies: a URL, unless its last part names a snapshot in it, or a directory's path. */
export function addressIn(from: string | undefined): string | undefined {
  if (from === undefined || !isAddress(from)) return undefined;
  const placed = placedAt(from);
  return placed !== undefined && (placed.name === "latest" || SNAPSHOT_NAME.test(placed.name))
    ? placed.place
    : from;
}

async function placesOf({ from, key, ...identity }: Wanted, context: TaskContext): Promise<Where> {
  const given = { key, identity: identity.identity, "passphrase-file": identity["passphrase-file"] };
  if (from === undefined) return { where: await requireKept(await snapshotPlaces(context, given)) };
  const path = resolve(context.directory, from);
  const found = Object.hasOwn(context.config.stores, from) ? "place" : await kindOf(path);
  if (found === "place" && !isAddress(from) && !Object.hasOwn(context.config.stores, from))
    throw new UsageError(
      `${from} is a directory with copies, and no place`,
      `name its path: --from ./${from}`,
    );
  const isUrl = placedAt(from) !== undefined && addressIn(from) === from;
  if (found === "place" || isUrl) return { where: await snapshotPlaces(context, { ...given, place: from }) };
  const where = await snapshotPlaces(context, given);
  return found === "snapshots"
    ? { where: { ...where, kept: localStorage(path) } }
    : { where, snapshot: from };
}

/** Whether a directory holds copies, which are believed by their signature, or snapshots; `undefined`: neither. */
async function kindOf(path: string): Promise<"place" | "snapshots" | undefined> {
  if (targetKind(path) !== "directory") return undefined;
  const files = localStorage(path);
  const names = await files.names();
  const newest = names.findLast((name) => SNAPSHOT_NAME.test(name));
  if (newest === undefined || names.includes(MANIFEST_FILE)) return undefined;
  return (await files.within(newest).stat(COPY_FILE)) === undefined ? "snapshots" : "place";
}

/** On an empty machine nothing is kept. */
async function requireKept(where: SnapshotPlaces): Promise<SnapshotPlaces> {
  if ((await where.kept.names()).some((name) => SNAPSHOT_NAME.test(name))) return where;
  throw new UsageError(
    `no snapshot is kept in ${where.kept.root}`,
    "name the place that holds the copies: --from PLACE, a store of contextcore.yaml, a directory's path, or a URL such as s3://bucket/prefix",
  );
}
