/** What a SNAPSHOT argument means: a directory, a name or its beginning, `latest`, each here or in a place. */
import { dirname, resolve } from "node:path";
import { closest } from "../../config/closest.ts";
import type { Config } from "../../config/config.ts";
import type { CopyHead } from "../../copies/read/find-copy.ts";
import type { BackendChain } from "../../snapshot/catalog/chain.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { REQUEST_FILE } from "../../snapshot/write/request.ts";
import { entryAt, targetKind } from "../../storage/entries.ts";
import { localStorage } from "../../storage/local.ts";
import { namedPath } from "../../storage/own-file.ts";
import type { Storage } from "../../storage/storage.ts";
import { listed } from "../../units/words.ts";
import { UsageError } from "../task/errors.ts";
import { isAddress } from "./addresses.ts";
import type { Erasures } from "./erasures.ts";
import { knowsCopies } from "./holdings.ts";
import { placedName } from "./placed-name.ts";

/** Which stores a task opens whose snapshots are named like this: none unless a place is meant, or a copy may be the only one left. */
export function storesFor(
  names: readonly (string | undefined)[],
  config: Pick<Config, "directory">,
  place?: string,
): { stores?: true; addresses?: readonly string[] } {
  const named = names.flatMap((name) => (name === undefined ? [] : (placedName(name) ?? [])));
  const places = [...named.map((one) => one.place), ...(place === undefined ? [] : [place])];
  return places.length > 0 || knowsCopies(config)
    ? { stores: true, addresses: places.filter(isAddress) }
    : {};
}

/** Where to look for a snapshot. */
export interface SnapshotPlaces {
  /** The working directory, absolute. */
  readonly directory: string;
  /** What is looked through by name: the snapshots directory, or a place. */
  readonly kept: Storage;
  /** That is a place, whose bytes come from far away. */
  readonly isFar?: boolean;
  /** A configured place. @throws UsageError when there is none of that name */
  readonly placed?: (name: string) => Storage;
  /** The copies that were opened so far, by where they lie. */
  readonly opened?: ReadonlyMap<string, CopyHead>;
  /** What must not come back from these chains. @throws RefusedError when that cannot be told, unless it is ignored */
  erasures(chains: readonly BackendChain[], isIgnored: boolean): Promise<Erasures>;
  /** Why an encrypted copy was not opened that may be whole: its identity is missing, or another one. */
  readonly locked?: () => unknown;
}

/** One snapshot, or `latest`, and those that it is one of. */
export interface NamedSnapshot extends Pick<SnapshotPlaces, "isFar"> {
  /** Absent: `latest`. */
  readonly files?: Storage;
  readonly among: Storage;
}

/**
 * Finds what is meant, however damaged it is.
 * @throws UsageError when there is none, or several are meant
 */
export async function meantBy(text: string, where: SnapshotPlaces): Promise<NamedSnapshot> {
  const path = resolve(where.directory, text);
  const named = placedName(text);
  if (named !== undefined && where.placed !== undefined && targetKind(path) === undefined)
    return inPlace(named.name, where.placed(named.place));
  if (where.isFar) return inPlace(text, where.kept);
  if (text === "latest") return { among: where.kept };
  const files = (await directoryAt(path)) ?? (await keptHere(text, where));
  return { files, among: localStorage(dirname(files.root)) };
}

async function inPlace(name: string, among: Storage): Promise<NamedSnapshot> {
  if (name === "latest") return { among, isFar: true };
  const isWhole = SNAPSHOT_NAME.test(name) && (await isCopy(among.within(name)));
  const full = isWhole ? name : begunBy(name, await among.names(), among);
  const files = full === undefined ? undefined : among.within(full);
  if (files !== undefined) return { files, among, isFar: true };
  const meant = closest(name, await among.names());
  throw new UsageError(
    `there is no copy ${name} in ${among.root}`,
    meant === undefined
      ? `contextcore snapshots list --place ${among.root} shows those that are there`
      : `did you mean ${meant}?`,
  );
}

/** One that is damaged is one: who reads it says what is wrong. */
async function isCopy(files: Storage): Promise<boolean> {
  try {
    return (await files.names()).length > 0;
  } catch (error) {
    if (error instanceof SnapshotError) return true;
    throw error;
  }
}

async function keptHere(text: string, { directory, kept }: SnapshotPlaces): Promise<Storage> {
  const { root: backups } = kept;
  const found = await directoryAt(resolve(backups, text));
  if (found !== undefined) return found;
  const names = (await kept.names()).filter((name) => SNAPSHOT_NAME.test(name));
  const begun = names.includes(text) ? text : begunBy(text, names, kept);
  if (begun !== undefined) return kept.within(begun);
  const meant = closest(text, names);
  throw new UsageError(
    `there is no snapshot ${text}, neither in ${directory} nor in this configuration's ${backups}`,
    meant === undefined
      ? "contextcore snapshots list shows those that are kept; name one that is elsewhere by its path"
      : `did you mean ${meant}? Name one that is elsewhere by its path.`,
  );
}

/** `2026012`: fewer digits would name a decade of them, or be a number that somebody mistyped. */
const BEGINNING = /^\d{4,8}(-\d*)*$/;

/** The only name that begins like this. @throws UsageError when several do */
function begunBy(text: string, names: readonly string[], { root }: Storage): string | undefined {
  const begun = BEGINNING.test(text) ? names.filter((name) => name.startsWith(text)) : [];
  if (begun.length < 2) return begun[0];
  throw new UsageError(
    `${text} may be any of ${begun.length} snapshots in ${root}`,
    `give more of the name: ${listed(begun.slice(0, 5))}${begun.length > 5 ? " …" : ""}`,
  );
}

async function directoryAt(path: string): Promise<Storage | undefined> {
  const found = targetKind(path);
  // Whoever reads links that lead in a circle says what is wrong with them.
  if (found === "circle") return localStorage(path);
  if (found !== "directory") return undefined;
  const files = localStorage(isLink(path) ? namedPath(path) : path);
  await requireSnapshot(files);
  return files;
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
