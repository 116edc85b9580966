/** Lines that are older than their class is kept are deleted as one person's are: by requests that Loki carries out in its own time. */
import {
  type CountRequest,
  type Expirable,
  type ExpireAnswer,
  type ExpireRequest,
  fromMs,
  given,
  NS_PER_MS,
  PluginError,
  type Range,
} from "contextcore";
import { countEntries } from "../count.ts";
import {
  addDelete,
  askDeletes,
  asOurs,
  createdAt,
  type DeleteRequest,
  isOurs,
  isPending,
} from "../objects/deletes.ts";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { rootSelectors } from "../server/in-parts.ts";
import { except, parseSelector, printSelector } from "../server/selector.ts";
import { waitFor } from "./delete-times.ts";
import type { Searched } from "./find.ts";
import { whyNot } from "./why-not.ts";

/** Counts them. @throws PluginError */
export async function findExpired(
  searched: Searched,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<Expirable> {
  const impossible = await whyNot(searched.api, await searched.settings(signal), signal);
  const parts = await expiredParts(searched, request, signal);
  return { counts: { entries: totalOf(parts) }, ...given({ impossible }) };
}

/** Has them deleted, or says how that stands. @throws PluginError */
export async function expire(
  searched: Searched,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const settings = await searched.settings(signal);
  const reason = await whyNot(searched.api, settings, signal);
  if (reason !== undefined) return { state: "impossible", counts: {}, reason };
  const parts = await expiredParts(searched, request, signal);
  for (const { selector, range } of parts)
    await addDelete(searched.api, { query: asOurs(selector), from: range.from, to: range.to - 1n }, signal);
  const counts = { entries: totalOf(parts) };
  const created = (await askDeletes(searched.api, signal)).flatMap((one) =>
    isWaiting(one, request) ? [createdAt(one)] : [],
  );
  if (created.length === 0) return { state: "expired", counts };
  const newest = created.reduce((last, time) => (time > last ? time : last));
  return { state: "owed", counts, ...waitFor(settings, newest) };
}

/** Some of it: what one selector matches. */
interface Part {
  readonly selector: string;
  /** From a whole millisecond up to and including one: requests take in both. */
  readonly range: Range;
  readonly entries: number;
}

/** What is too old, in parts that each hold something. What stays is in none of them. */
async function expiredParts(
  { api, border, ends }: Searched,
  { before, match, except: stays = [] }: ExpireRequest,
  signal: AbortSignal,
): Promise<Part[]> {
  const all = await ends(signal);
  const last = before - 1n - ((before - 1n) % NS_PER_MS);
  if (all === undefined || all.from > last) return [];
  const range = { from: all.from - (all.from % NS_PER_MS), to: last + 1n };
  const selector = match === undefined ? undefined : printSelector(parseSelector(match));
  const roots = await rootSelectors(api, { range, match: selector }, signal);
  const parts: Part[] = [];
  for (const one of stays.reduce((left, stay) => left.flatMap((each) => except(each, stay)), [...roots])) {
    const entries = await count(api, border, { range, match: one }, signal);
    if (entries > 0) parts.push({ selector: one, range, entries });
  }
  return parts;
}

async function count(api: Api, border: Border, request: CountRequest, signal: AbortSignal): Promise<number> {
  const { entries } = (await countEntries(api, border, request, signal)) ?? {};
  if (entries !== undefined) return entries;
  throw new PluginError("invalid", "loki: lines that are past their time cannot be counted");
}

const totalOf = (parts: readonly Part[]): number => parts.reduce((sum, { entries }) => sum + entries, 0);

/** A request of ours that still waits, for nothing younger. */
const isWaiting = (one: DeleteRequest, { before }: ExpireRequest): boolean =>
  isOurs(one) && isPending(one) && fromMs(Math.round(one.end_time * 1_000)) < before;
