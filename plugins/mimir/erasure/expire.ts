/** Samples that are older than their class is kept are deleted from a Prometheus by its admin API. */
import {
  type Backend,
  type Expirable,
  type ExpireAnswer,
  type ExpireRequest,
  given,
  NS_PER_MS,
  type Range,
  toRfc3339,
} from "contextcore";
import { findExtent } from "../server/extent.ts";
import { matchersOf } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { except, type Matcher, parseSelector, toSelector } from "../wire/matchers.ts";
import { cleanTombstones, deleteSeries, saidWhyNot, whyNot } from "./admin.ts";
import { LOGGED } from "./logged.ts";

/** The server, how it counts samples, and its time. */
export interface Expiring {
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
  const impossible = await whyNot(expiring.server, INSTEAD, signal);
  const parts = await expiredParts(expiring, request, signal);
  return { counts: { samples: totalOf(parts) }, ...given({ impossible }) };
}

/** Deletes them. @throws PluginError */
export async function expire(
  expiring: Expiring,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const { server, clock } = expiring;
  const reason = await whyNot(server, INSTEAD, signal);
  if (reason !== undefined) return { state: "impossible", counts: {}, reason };
  const parts = await expiredParts(expiring, request, signal);
  try {
    for (const { matchers, range } of parts) await deleteSeries(server, matchers, range, signal);
    await cleanTombstones(server, signal);
  } catch (error) {
    const said = saidWhyNot(error);
    if (said === undefined) throw error;
    return { state: "impossible", counts: {}, reason: said };
  }
  const counts = { samples: totalOf(parts) };
  const due = request.before + LOGGED;
  return clock() < due ? { state: "owed", counts, reason: inLog(due), due } : { state: "expired", counts };
}

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
