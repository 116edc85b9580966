/** One person's series are deleted from a Prometheus by its admin API. Mimir and Cortex have nothing like it. */
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  formatDuration,
  parseShape,
  toRfc3339,
  type v,
  withoutIdentifier,
} from "contextcore";
import { readRetention } from "../inventory.ts";
import type { Server } from "../server/server.ts";
import { cleanTombstones, deleteSeries, LOGGED, saidWhyNot, whyNot } from "./admin.ts";
import { matchersOfFound, reference, seriesWithSamples } from "./find.ts";

type Reference = v.InferOutput<typeof reference>;
type Outcome = Omit<ErasureOutcome, "count">;

/** Erases what was found, or says how it stands. @param clock ns @throws PluginError when the server cannot be asked */
export function eraseSeries(
  server: Server,
  clock: () => bigint,
  { id, found }: EraseRequest,
  signal: AbortSignal,
): Promise<EraseAnswer> {
  return withoutIdentifier(id, async () => {
    const known = found.map((one) =>
      parseShape("mimir: a reference", reference, JSON.stringify(one.reference)),
    );
    const outcomes = await outcomesOf(server, known, { id, now: clock() }, signal);
    return { outcomes: found.map(({ count }, index) => ({ count, ...(outcomes[index] ?? ERASED) })) };
  });
}

const INSTEAD =
  "wait for its retention (limits.compactor_blocks_retention_period), or delete the tenant (POST /compactor/delete_tenant) and restore it from a snapshot from which this was erased.";

const ERASED: Outcome = { state: "erased" };
const impossible = (reason: string): Outcome => ({ state: "impossible", reason });

interface Asked {
  readonly id: string;
  /** ns */
  readonly now: bigint;
}

async function outcomesOf(
  server: Server,
  known: readonly Reference[],
  { id, now }: Asked,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const reason = await whyNot(server, INSTEAD, signal);
  if (reason !== undefined) return known.map(() => impossible(reason));
  try {
    const refused: (Outcome | undefined)[] = [];
    for (const one of known) refused.push(await deleteOne(server, one, id, signal));
    if (refused.includes(undefined)) await cleanTombstones(server, signal);
    const left = await whatIsLeft(server, signal);
    return known.map(({ to }, index) => refused[index] ?? left(BigInt(to), now));
  } catch (error) {
    const said = saidWhyNot(error);
    if (said === undefined) throw error;
    return known.map(() => impossible(said));
  }
}

/** @returns why nothing was deleted */
async function deleteOne(
  server: Server,
  known: Reference,
  id: string,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const matchers = matchersOfFound(known, id);
  const range = { from: BigInt(known.from), to: BigInt(known.to) };
  const { length: taken } = await seriesWithSamples(server, matchers, range, signal);
  if (taken > known.series)
    return impossible(
      `A deletion would take ${taken} series, and ${known.series} were found, so nothing was deleted: look for them again, and erase what is found then.`,
    );
  if (taken > 0) await deleteSeries(server, matchers, range, signal);
  return undefined;
}

/**
 * How it stands with samples that are deleted, by the time of the newest of them. A block that is written anew keeps the texts of
 * all its labels, also those that no series has any more (`PopulateBlock` in tsdb/compact.go): they go with the block.
 * Blocks grow to a tenth of the retention.
 */
async function whatIsLeft(
  server: Server,
  signal: AbortSignal,
): Promise<(newest: bigint, now: bigint) => Outcome> {
  const { retention } = await readRetention(server, signal);
  return (newest, now) => {
    if (typeof retention !== "bigint") return impossible(FOREVER);
    const due = newest + retention + retention / 10n + LOGGED;
    return now >= due ? ERASED : { state: "owed", reason: words(retention, due), due };
  };
}

const FOREVER =
  "The samples are deleted. The text of the label stays in the index of the blocks, tied to nothing, and this Prometheus keeps blocks whatever their age: set --storage.tsdb.retention.time, by which the blocks go.";

const words = (kept: bigint, due: bigint): string =>
  `The samples are deleted. The text of the label stays in the index of the blocks, tied to nothing, until they go by --storage.tsdb.retention.time (${formatDuration(kept)}), about ${toRfc3339(due)}.`;
