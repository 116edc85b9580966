/** Determines which snapshots are meant. */
import type { Signal } from "../../contract/contract.ts";
import { nameOf } from "../../snapshot/catalog/chain.ts";
import {
  type Chosen,
  chooseAll,
  chooseNewest,
  chooseOne,
  type IsWanted,
  type Reasoned,
} from "../../snapshot/catalog/choose.ts";
import {
  createdAt,
  type KeptSnapshot,
  type KeptSnapshots,
  keptAt,
  readKept,
} from "../../snapshot/catalog/kept.ts";
import { type OpenChain, openChain } from "../../snapshot/catalog/open-chain.ts";
import type { Source } from "../../snapshot/catalog/source.ts";
import type { ManifestPlugin } from "../../snapshot/format/manifest.ts";
import { snapshotName, snapshotNameAt } from "../../snapshot/format/name.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Range } from "../../units/range.ts";
import { UsageError } from "../task/errors.ts";
import { meantBy, type NamedSnapshot, type SnapshotPlaces } from "./named-snapshot.ts";

/** The parameter that leaves the other backends out. */
export const BACKENDS_MEANT = {
  type: "value",
  hint: "NAME",
  repeatable: true,
  complete: "backends",
  about: "only this backend; may be repeated",
} as const;

/** The parameters that name a snapshot. */
export const SNAPSHOT = {
  type: "positional",
  hint: "SNAPSHOT",
  complete: "snapshots",
  local: "paths",
  about:
    "its name, the beginning of one, its directory, or `latest`: the newest complete one, together with the snapshots that it continues; PLACE:NAME, or a URL such as s3://bucket/prefix/NAME, is its copy in a place",
} as const;

/** The flag that takes the snapshots that one continues together with it. */
export const CHAIN = {
  type: "flag",
  about: "include the snapshots that the named one continues; `latest` always does",
} as const;

/** Which snapshots are meant. */
interface AskedSnapshots {
  /** A name, a directory or `latest`; absent: all that are kept. */
  readonly snapshot: string | undefined;
  /** Include the snapshots that a named one continues. */
  readonly chain?: boolean;
  /** Of all snapshots, only those with data in this range. */
  readonly range?: Range | undefined;
  /** `latest`: of a backend that none holds complete, the newest that holds a part. */
  readonly parts?: boolean;
  /** Only snapshots that were begun by then. ns */
  readonly until?: bigint | undefined;
  readonly plugins?: readonly string[];
  readonly only?: readonly Signal[];
  /** The configured servers and tenants: `latest` prefers their snapshots. */
  readonly sources?: readonly Source[];
}

/** What was chosen, and from what. */
interface ChosenAmong extends Chosen {
  readonly kept: KeptSnapshots;
}

/**
 * Chooses the requested snapshots for each backend.
 * @throws UsageError when there are none
 * @throws SnapshotError when the named one is not credible
 */
export async function chooseSnapshots(asked: AskedSnapshots, where: SnapshotPlaces): Promise<ChosenAmong> {
  const { snapshot: text, range, chain = false } = asked;
  const named: NamedSnapshot = text === undefined ? { among: where.kept } : await meantBy(text, where);
  const { files, among } = named;
  if (files !== undefined) {
    const one = await keptAt(files);
    const kept = chain || !named.isFar ? await readKept(among) : alone(one);
    return { ...chooseOne(one, kept, chain), kept };
  }
  const kept = begunBefore(await readKept(among), asked.until);
  const isWanted = wantedBy(asked);
  const chosen =
    text === undefined
      ? chooseAll(kept, isWanted, range)
      : chooseNewest(kept, isWanted, asked.sources, asked.parts);
  if (chosen.chains.length > 0) return { ...chosen, kept };
  throw text === undefined
    ? new UsageError(
        `no snapshot in ${among.root} holds any of it`,
        `contextcore snapshots list${where.isFar ? ` --place ${among.root}` : ""} shows them`,
      )
    : noneComplete({ lacking: [...chosen.lacking, ...damagedIn(kept)] }, asked, among);
}

/** Of many the last few say enough. */
const damagedIn = ({ unreadable }: KeptSnapshots): Reasoned[] =>
  unreadable.slice(-3).map(({ path, reason }) => ({ name: nameOf({ path }), reason }));

/** In a place far away each of the others would have to be fetched, so they are only read if they are wanted. */
const alone = (one: KeptSnapshot): KeptSnapshots => ({ snapshots: [one], unreadable: [] });

/** One that cannot be read tells only by its name. */
function begunBefore({ snapshots, unreadable }: KeptSnapshots, until: bigint | undefined): KeptSnapshots {
  if (until === undefined) return { snapshots, unreadable };
  const last = snapshotNameAt(until);
  return {
    snapshots: snapshots.filter((one) => createdAt(one) <= until),
    unreadable: unreadable.filter(({ path }) => snapshotName(path).slice(0, last.length) <= last),
  };
}

/** The chosen snapshots, open as one until disposed of. */
export interface OpenChosen extends OpenChain {
  readonly chosen: Chosen;
}

/** Opens the requested snapshots. @throws as {@link chooseSnapshots}; the signal's reason */
export async function openChosen(
  asked: AskedSnapshots,
  where: SnapshotPlaces,
  signal: AbortSignal,
): Promise<OpenChosen> {
  const chosen = await chooseSnapshots(asked, where);
  return { ...(await openChain(chosen.chains, { range: asked.range, signal })), chosen };
}

function noneComplete(
  { lacking }: Pick<Chosen, "lacking">,
  { plugins = [], only = [] }: AskedSnapshots,
  among: Storage,
): UsageError {
  const of = [...plugins, ...only].join(", ");
  const hint = lacking.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  return new UsageError(
    `no complete snapshot${of === "" ? "" : ` of ${of}`} is kept in ${among.root}`,
    hint === "" ? undefined : hint,
  );
}

const wantedBy =
  ({ plugins = [], only = [] }: AskedSnapshots): IsWanted =>
  ({ name, signals = [] }: ManifestPlugin) =>
    (plugins.length === 0 || plugins.includes(name)) &&
    (only.length === 0 || signals.some((signal) => only.includes(signal)));
