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
  overlaps,
} from "../objects/deletes.ts";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { rootSelectors } from "../server/in-parts.ts";
import { except, parseSelector, printSelector } from "../server/selector.ts";
import { waitFor } from "./delete-times.ts";
import { requireSeen, type Searched } from "./find.ts";
import { whyNot } from "./why-not.ts";

/** Counts them. @throws PluginError */
export async function findExpired(
  searched: Searched,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<Expirable> {
  const impossible = await objectionTo(searched, request, signal);
  if (impossible === NOT_SELECTORS) return { counts: {}, impossible };
  const parts = await expiredParts(searched, request, signal);
  return { counts: { entries: totalOf(parts) }, ...given({ impossible }) };
}

/** Has them deleted, or says how that stands. @throws PluginError */
export async function expire(
  searched: Searched,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const reason = await objectionTo(searched, request, signal);
  if (reason !== undefined) return { state: "impossible", counts: {}, reason };
  const parts = await expiredParts(searched, request, signal);
  const entries = totalOf(parts);
  const saved = request.saved?.counts.entries ?? 0;
  if (request.saved !== undefined && entries > 0 && entries !== saved)
    return { state: "owed", counts: {}, reason: otherThan(entries, saved) };
  const hiding = (await askDeletes(searched.api, signal)).filter((one) => hides(one, parts));
  if (hiding.length > 0) return { state: "owed", counts: {}, reason: HIDDEN };
  for (const { selector, range } of parts)
    await addDelete(searched.api, { query: asOurs(selector), from: range.from, to: range.to - 1n }, signal);
  return standing(searched, request, entries, signal);
}

/** One sentence: why nothing is deleted. @throws PluginError when that cannot be known */
async function objectionTo(
  { api, settings, clock }: Searched,
  request: ExpireRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = await settings(signal);
  requireSeen(known, 0n, clock());
  return areSelectors(request) ? whyNot(api, known, signal) : NOT_SELECTORS;
}

/** Whether what stays, and what goes, is told by labels alone: others cannot be left out. */
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
  "What is to stay, or to go, is told by more than a stream selector, and a deletion can leave out whole streams only: nothing was deleted.";

const otherThan = (entries: number, saved: number): string =>
  `Loki has ${entries} lines of that time, and the snapshot ${saved}: nothing was deleted.`;

const HIDDEN =
  "A delete request of somebody else hides lines of that time, which are in no count: nothing was deleted, and it is tried again when Loki has carried that request out.";

/** What somebody else has asked for may be cancelled, and shows lines then that nobody has counted. */
const hides = (one: DeleteRequest, parts: readonly Part[]): boolean =>
  !isOurs(one) && isPending(one) && parts.some(({ range }) => overlaps(one, range));

/** Loki's time begins with the newest of our requests for nothing younger. @param entries what was asked for now */
async function standing(
  { api, settings, clock }: Searched,
  { before }: ExpireRequest,
  entries: number,
  signal: AbortSignal,
): Promise<ExpireAnswer> {
  const counts = { entries };
  const ours = (await askDeletes(api, signal)).filter((one) => isOurs(one) && endOf(one) < before);
  const newest = ours.map(createdAt).reduce((last, time) => (time > last ? time : last), 0n);
  const waiting = waitFor(await settings(signal), newest);
  if (ours.some(isPending) || clock() < waiting.due) return { state: "owed", counts, ...waiting };
  return { state: "expired", counts };
}

const endOf = ({ end_time }: DeleteRequest): bigint => fromMs(Math.round(end_time * 1_000));

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
): Promise<readonly Part[]> {
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
