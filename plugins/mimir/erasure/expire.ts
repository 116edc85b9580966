/** Samples that are older than their class is kept are deleted from a Prometheus by its admin API. */
import {
  type Backend,
  type Expirable,
  type ExpireAnswer,
  type ExpireRequest,
  given,
  NS_PER_MS,
  PluginError,
  type Range,
  toRfc3339,
} from "contextcore";
import { findExtent } from "../server/extent.ts";
import { matchersOf } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { except, type Matcher, parseSelector, toSelector } from "../wire/matchers.ts";
import { cleanTombstones, deleteSeries, LOGGED, saidWhyNot, whyNot } from "./admin.ts";

/** The server, how it counts samples, and its time. */
interface Expiring {
  readonly server: Server;
  readonly count: Required<Backend>["count"];
  readonly clock: () => bigint;
}

const INSTEAD = "let it go by its retention (limits.compactor_blocks_retention_period).";

/** Counts them. @throws PluginError */
export async function findExpired(
  expiring: Expiring,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<Expirable> {
  const impossible = await objectionTo(expiring, request, signal);
  if (impossible === NOT_SELECTORS) return { counts: {}, impossible };
  const parts = await expiredParts(expiring, request, signal);
  return { counts: { samples: totalOf(parts) }, ...given({ impossible }) };
}

/** Deletes them. @throws PluginError */
export async function expire(
  expiring: Expiring,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const reason = await objectionTo(expiring, request, signal);
  if (reason !== undefined) return { state: "impossible", counts: {}, reason };
  const parts = await expiredParts(expiring, request, signal);
  const samples = totalOf(parts);
  const saved = request.saved?.counts.samples ?? 0;
  if (request.saved !== undefined && samples > 0 && samples !== saved)
    return { state: "owed", counts: {}, reason: otherThan(samples, saved) };
  const said = await deleteParts(expiring.server, parts, signal);
  if (said !== undefined) return { state: "impossible", counts: {}, reason: said };
  const due = request.before + LOGGED;
  const counts = { samples };
  return expiring.clock() < due
    ? { state: "owed", counts, reason: inLog(due), due }
    : { state: "expired", counts };
}

/** @returns why it cannot, as the server says it */
async function deleteParts(
  server: Server,
  parts: readonly Part[],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    for (const { matchers, range } of parts) await deleteSeries(server, matchers, range, signal);
    await cleanTombstones(server, signal);
    return undefined;
  } catch (error) {
    const said = saidWhyNot(error);
    if (said === undefined) throw error;
    return said;
  }
}

async function objectionTo(
  { server }: Expiring,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  return areSelectors(request) ? whyNot(server, INSTEAD, signal) : NOT_SELECTORS;
}

/** Whether what stays, and what goes, is told by labels alone. */
function areSelectors({ match, except: stays = [] }: ExpireRequest): boolean {
  try {
    for (const one of match === undefined ? stays : [...stays, match]) parseSelector(one);
    return true;
  } catch (error) {
    if (error instanceof PluginError) return false;
    throw error;
  }
}

const NOT_SELECTORS =
  "What is to stay, or to go, is told by more than a selector of series, and a deletion can leave out whole series only: nothing was deleted.";

const otherThan = (samples: number, saved: number): string =>
  `The server has ${samples} samples of that time, and the snapshot ${saved}: nothing was deleted.`;

const inLog = (due: bigint): string =>
  `The samples are deleted; the newest of them stay in the write-ahead log of this Prometheus until about ${toRfc3339(due)}.`;

/** Some of it: what one selector matches. */
interface Part {
  readonly matchers: readonly Matcher[];
  /** Whole milliseconds. */
  readonly range: Range;
  readonly samples: number;
}

/** What is too old, in parts that each hold something. What stays is in none of them. */
async function expiredParts(
  { server, count, clock }: Expiring,
  { before, match, except: stays = [] }: ExpireRequest,
  signal: AbortSignal,
): Promise<Part[]> {
  const { oldest } = await findExtent(server, clock(), signal);
  const to = before - (before % NS_PER_MS);
  if (oldest === undefined || oldest >= to) return [];
  const range = { from: oldest - (oldest % NS_PER_MS), to };
  const selectors = stays
    .map(parseSelector)
    .reduce<readonly (readonly Matcher[])[]>(
      (left, stay) => left.flatMap((one) => except(one, stay)),
      [matchersOf(match)],
    );
  const parts: Part[] = [];
  for (const matchers of selectors) {
    const samples = (await count({ range, match: toSelector(matchers) }, signal))?.samples ?? 0;
    if (samples > 0) parts.push({ matchers, range, samples });
  }
  return parts;
}

const totalOf = (parts: readonly Part[]): number => parts.reduce((sum, { samples }) => sum + samples, 0);
