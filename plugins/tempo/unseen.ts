/** What no search can show, said instead of an export that looks complete. */
import { formatDuration, isKind, NS_PER_SECOND, type Problem, type Range } from "contextcore";
import { type Finder, hasQuerier } from "./find.ts";
import type { Settings } from "./settings.ts";
import { untilListed, type WaitOptions } from "./waits.ts";

export interface UnseenOptions {
  readonly range: Range;
  readonly settings: Settings;
  readonly now: bigint;
}

/** A problem where old spans that have just come cannot be found, since no querier can be asked; else none. */
export async function unseen(
  finder: Finder,
  { range, settings, now }: UnseenOptions,
  signal: AbortSignal,
): Promise<Problem[]> {
  const border = now - settings.queryBackendAfter;
  const old = { from: range.from, to: range.to < border ? range.to : border };
  if (old.from >= old.to) return [];
  if (await hasQuerier(finder, old.to, signal)) return [];
  return [{ kind: "clamped", reason: sentence(finder.querierUrl, settings), range: old }];
}

const sentence = (url: string, { queryBackendAfter, blocklistPoll }: Settings): string =>
  `Old spans that reached Tempo only lately may be missing: it searches times older than ${formatDuration(queryBackendAfter)} only in the backend's blocks (query_frontend.search.query_backend_after), and no querier answers at ${url}/api/search, which also asks the live stores. Set the option querierUrl to a querier, or export again ${formatDuration(blocklistPoll + FLUSHED)} after the last of them came.`;

/** A block is flushed at the latest so long after its spans came. */
const FLUSHED = 120n * NS_PER_SECOND;

/** Waits for the list of blocks where no count at the end does; a problem when it is not read. */
export async function unlistedStill(
  options: WaitOptions,
  range: Range,
  signal: AbortSignal,
): Promise<Problem[]> {
  try {
    await untilListed(options, signal);
    return [];
  } catch (error) {
    if (!isKind(error, "invalid")) throw error;
    return [{ kind: "incomplete", reason: error.message, range }];
  }
}

/** Of a server that hides when it has written out what it took. */
export const unwritten = (range: Range): Problem => ({
  kind: "clamped",
  reason:
    "Spans that reached Tempo in the last minute may be missing: it shows neither its configuration (/status/config) nor its metrics (/metrics), by which to wait until searches see them. Let them through, or export again a minute after the last of them came.",
  range,
});
