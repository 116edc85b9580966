/** One person's series are deleted from a Prometheus by its admin API. Mimir and Cortex have nothing like it. */
import {
  type EraseAnswer,
  type EraseRequest,
  type ErasureOutcome,
  formatDuration,
  fromMs,
  PluginError,
  parseShape,
  toMs,
  toRfc3339,
  v,
  withoutIdentifier,
} from "contextcore";
import { readRetention } from "../inventory.ts";
import { seconds } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { prometheusSettings } from "../server/settings.ts";
import { toSelector } from "../wire/matchers.ts";
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
    const isOff = await whyNot(server, signal);
    const outcomes = isOff === undefined ? await eraseAll(server, known, id, signal) : known.map(() => isOff);
    const left = outcomes.includes(DELETED) ? await whatIsLeft(server, signal) : undefined;
    return {
      outcomes: found.map(({ count }, index) => {
        const outcome = outcomes[index];
        if (outcome !== DELETED) return { count, ...(outcome ?? impossible("It was not asked for.")) };
        return { count, ...(left?.(BigInt(known[index]?.to ?? 0), clock()) ?? { state: "erased" as const }) };
      }),
    };
  });
}

/** The samples are gone, from memory and from blocks. */
const DELETED = "deleted";

const impossible = (reason: string): Outcome => ({ state: "impossible", reason });

async function whyNot(server: Server, signal: AbortSignal): Promise<Outcome | undefined> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus")
    return impossible(
      `${flavour === "mimir" ? "Mimir" : "Cortex"} cannot delete single series: wait for its retention (limits.compactor_blocks_retention_period), or delete the tenant (POST /compactor/delete_tenant) and restore it from a snapshot from which this was erased.`,
    );
  const { flags } = await prometheusSettings(server, signal);
  return flags["web.enable-admin-api"] === "false" ? impossible(ADMIN) : undefined;
}

const ADMIN = "Its admin API is off: start this Prometheus with --web.enable-admin-api.";

async function eraseAll(
  server: Server,
  known: readonly Reference[],
  id: string,
  signal: AbortSignal,
): Promise<readonly (Outcome | typeof DELETED)[]> {
  try {
    const outcomes: (Outcome | typeof DELETED)[] = [];
    for (const one of known) outcomes.push(await eraseOne(server, one, id, signal));
    if (outcomes.includes(DELETED)) await admin(server, "clean_tombstones", {}, signal);
    return outcomes;
  } catch (error) {
    if (error instanceof PluginError && /admin APIs disabled/i.test(error.message))
      return known.map(() => impossible(ADMIN));
    throw error;
  }
}

async function eraseOne(
  server: Server,
  known: Reference,
  id: string,
  signal: AbortSignal,
): Promise<Outcome | typeof DELETED> {
  const matchers = matchersOfFound(known, id);
  const range = { from: BigInt(known.from), to: BigInt(known.to) };
  const { length: taken } = await seriesWithSamples(server, matchers, range, signal);
  if (taken > known.series)
    return impossible(
      `A deletion would take ${taken} series, and ${known.series} were found, so nothing was deleted: look for them again, and erase what is found then.`,
    );
  if (taken === 0) return DELETED;
  const times = { start: seconds(toMs(range.from)), end: seconds(toMs(range.to) - 1) };
  await admin(server, "delete_series", { "match[]": toSelector(matchers), ...times }, signal);
  return DELETED;
}

/** Blocks are written anew while it is waited for. ms */
const PATIENCE = 600_000;

async function admin(
  { http, identity }: Server,
  call: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { prefix } = await identity(signal);
  const path = `${prefix}/api/v1/admin/tsdb/${call}`;
  const answer = await http.send({ method: "POST", path, form, signal, timeoutMs: PATIENCE });
  await answer.text();
}

const HOUR = fromMs(3_600_000);

/** So long after a sample its write-ahead log is without it: a block of the head, and two cuts of the log, are two hours each. ns */
const LOGGED = 8n * HOUR;

/** How it stands with what is deleted, by the time of its newest sample and the time now, ns; `undefined`: it is erased. */
type Left = (newest: bigint, now: bigint) => Outcome | undefined;

/**
 * A block that is written anew keeps the texts of all its labels, also those that no series has any more (`PopulateBlock` in
 * tsdb/compact.go; measured): they go with the block. Blocks grow to a tenth of the retention.
 */
async function whatIsLeft(server: Server, signal: AbortSignal): Promise<Left> {
  const { retention } = await readRetention(server, signal);
  return (newest, now) => {
    if (typeof retention !== "bigint") return impossible(FOREVER);
    const due = newest + retention + retention / 10n + LOGGED;
    return now >= due ? undefined : { state: "owed", reason: words(retention, due), due };
  };
}

const FOREVER =
  "The samples are deleted. The text of the label stays in the index of the blocks, tied to nothing, and this Prometheus keeps blocks whatever their age: set --storage.tsdb.retention.time, by which the blocks go.";

const words = (kept: bigint, due: bigint): string =>
  `The samples are deleted. The text of the label stays in the index of the blocks, tied to nothing, until they go by --storage.tsdb.retention.time (${formatDuration(kept)}), about ${toRfc3339(due)}.`;
