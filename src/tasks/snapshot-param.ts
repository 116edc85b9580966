/** Determines which snapshots are meant. */
import { basename, dirname, resolve } from "node:path";
import { closest } from "../config/closest.ts";
import type { Signal } from "../contract/contract.ts";
import {
  type Chosen,
  chooseAll,
  chooseNewest,
  chooseOne,
  type IsWanted,
} from "../snapshot/catalog/choose.ts";
import { keptAt, readKept } from "../snapshot/catalog/kept.ts";
import { type OpenChain, openChain } from "../snapshot/catalog/open-chain.ts";
import type { Source } from "../snapshot/catalog/source.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import { INDEX_FILE } from "../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../snapshot/read/manifest-file.ts";
import { REQUEST_FILE } from "../snapshot/write/request.ts";
import { entryAt, targetKind } from "../storage/entries.ts";
import { localStorage } from "../storage/local.ts";
import { namedPath } from "../storage/own-file.ts";
import type { Storage } from "../storage/storage.ts";
import type { Range } from "../units/range.ts";
import { UsageError } from "./errors.ts";

/** The parameters that name a snapshot. */
export const SNAPSHOT = {
  type: "positional",
  hint: "SNAPSHOT",
  complete: "snapshots",
  local: "paths",
  about:
    "its name or directory, or `latest`: the newest complete one, together with the snapshots that it continues",
} as const;

/** The flag that takes the snapshots that one continues together with it. */
export const CHAIN = {
  type: "flag",
  about: "include the snapshots that the named one continues; `latest` always does",
} as const;

/** Where to look for a snapshot: the working directory and the snapshots directory, both absolute. */
export interface SnapshotPlaces {
  readonly directory: string;
  readonly backups: string;
}

/** Which snapshots are meant. */
interface AskedSnapshots {
  /** A name, a directory or `latest`; absent: all that are kept. */
  readonly snapshot: string | undefined;
  /** Include the snapshots that a named one continues. */
  readonly chain?: boolean;
  /** Of all snapshots, only those with data in this range. */
  readonly range?: Range | undefined;
  readonly plugins?: readonly string[];
  readonly only?: readonly Signal[];
  /** The configured servers and tenants: `latest` prefers their snapshots. */
  readonly sources?: readonly Source[];
}

/**
 * Chooses the requested snapshots for each backend.
 * @throws UsageError when there are none
 * @throws SnapshotError when the named one is not credible
 */
export async function chooseSnapshots(asked: AskedSnapshots, place: SnapshotPlaces): Promise<Chosen> {
  const { snapshot: text, range } = asked;
  if (text !== undefined && text !== "latest") {
    const files = await findSnapshot(text, place);
    const kept = await readKept(dirname(files.root));
    return chooseOne(await keptAt(files), kept, asked.chain ?? false);
  }
  const kept = await readKept(place.backups);
  const isWanted = wantedBy(asked);
  const chosen =
    text === "latest" ? chooseNewest(kept, isWanted, asked.sources) : chooseAll(kept, isWanted, range);
  if (chosen.chains.length > 0) return chosen;
  throw text === "latest"
    ? noneComplete(chosen, asked, place)
    : new UsageError(
        `no snapshot in ${place.backups} holds any of it`,
        "contextcore snapshots list shows them",
      );
}

/** The chosen snapshots, open as one until disposed of. */
export interface OpenChosen extends OpenChain {
  readonly chosen: Chosen;
}

/** Opens the requested snapshots. @throws as {@link chooseSnapshots}; the signal's reason */
export async function openChosen(
  asked: AskedSnapshots,
  place: SnapshotPlaces,
  signal: AbortSignal,
): Promise<OpenChosen> {
  const chosen = await chooseSnapshots(asked, place);
  return { ...(await openChain(chosen.chains, { range: asked.range, signal })), chosen };
}

function noneComplete(
  { lacking }: Chosen,
  { plugins = [], only = [] }: AskedSnapshots,
  { backups }: SnapshotPlaces,
): UsageError {
  const of = [...plugins, ...only].join(", ");
  const hint = lacking.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  return new UsageError(
    `no complete snapshot${of === "" ? "" : ` of ${of}`} is kept in ${backups}`,
    hint === "" ? undefined : hint,
  );
}

const wantedBy =
  ({ plugins = [], only = [] }: AskedSnapshots): IsWanted =>
  ({ name, signals = [] }: ManifestPlugin) =>
    (plugins.length === 0 || plugins.includes(name)) &&
    (only.length === 0 || signals.some((signal) => only.includes(signal)));

/**
 * Where the files of the named snapshot are, however damaged it is.
 * @throws UsageError when there is none
 */
export async function findSnapshot(text: string, place: SnapshotPlaces): Promise<Storage> {
  for (const directory of [resolve(place.directory, text), resolve(place.backups, text)]) {
    const found = targetKind(directory);
    // Whoever reads links that lead in a circle says what is wrong with them.
    if (found === "circle") return localStorage(directory);
    if (found !== "directory") continue;
    const files = localStorage(isLink(directory) ? namedPath(directory) : directory);
    await requireSnapshot(files);
    return files;
  }
  const { snapshots } = await readKept(place.backups);
  const names = snapshots.map(({ path }) => basename(path));
  const meant = closest(text, names);
  throw new UsageError(
    `there is no snapshot ${text}, neither in ${place.directory} nor in this configuration's ${place.backups}`,
    meant === undefined
      ? "contextcore snapshots list shows those that are kept; name one that is elsewhere by its path"
      : `did you mean ${meant}? Name one that is elsewhere by its path.`,
  );
}

/** @throws UsageError for a directory that nothing in it calls a snapshot, and for an unfinished one */
async function requireSnapshot(files: Storage): Promise<void> {
  const { root: path } = files;
  const names = new Set(await files.names());
  if (names.has(MANIFEST_FILE)) return;
  if (names.has(REQUEST_FILE))
    throw new UsageError(
      `${path} is an unfinished export`,
      `contextcore export --resume ${path} finishes it`,
    );
  if (names.has(INDEX_FILE)) return; // it has lost its manifest
  throw new UsageError(
    `${path} is not a snapshot: it has no ${MANIFEST_FILE}`,
    "name the directory of a finished export, such as backups/20260124-143000",
  );
}

/** The named path itself may be a link, but no link inside the snapshot is followed. */
const isLink = (path: string): boolean => entryAt(path)?.kind === "link";
