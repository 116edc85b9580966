/** Lists all traces that a query finds in a time, each once, or fails: a person's data is not found in part. */
import { PluginError, type Range } from "contextcore";
import { findExtent, searchSpan } from "../extent.ts";
import type { Finder } from "../server/find.ts";
import { halved, type SearchHit } from "../server/search.ts";
import type { Settings } from "../server/settings.ts";

/** What is looked for, and where. */
interface ListOptions {
  readonly query: string;
  /** Default: all that Tempo may still keep. */
  readonly range?: Range | undefined;
  readonly settings: Settings;
  readonly now: bigint;
}

const LIMIT = 5_000;
/** How often a search is asked whose jobs do not finish. */
const ATTEMPTS = 4;
const DAY = 86_400_000_000_000n;

/** @throws PluginError when a search fails, or Tempo does not say all */
export async function* listTraces(
  finder: Finder,
  { query, range, settings, now }: ListOptions,
  signal: AbortSignal,
): AsyncGenerator<SearchHit> {
  const met = new Set<string>();
  const waiting = inPieces(range ?? (await everything(finder, { settings, now }, signal)), settings);
  for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
    const { hits, full } = await finished(finder, { range: piece, query }, signal);
    if (full) waiting.push(...halvesOf(piece));
    else
      for (const hit of hits) {
        if (met.has(hit.id)) continue;
        met.add(hit.id);
        yield hit;
      }
  }
}

/** From the oldest that there is, or a day more than Tempo keeps. */
async function everything(
  finder: Finder,
  at: Pick<ListOptions, "settings" | "now">,
  signal: AbortSignal,
): Promise<Range> {
  const { settings, now } = at;
  const { retention = 0n } = settings;
  if (retention > 0n) return { from: now - retention - DAY, to: now };
  const { oldest = now } = await findExtent(finder, at, signal);
  return { from: oldest, to: now };
}

/** As long as one search may be. */
function inPieces({ from, to }: Range, settings: Settings): Range[] {
  const span = searchSpan(settings);
  const pieces: Range[] = [];
  for (let end = to; end > from; end -= span)
    pieces.unshift({ from: end - span > from ? end - span : from, to: end });
  return pieces;
}

async function finished(
  { find }: Finder,
  { range, query }: { readonly range: Range; readonly query: string },
  signal: AbortSignal,
) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await find({ range, query, limit: LIMIT }, signal);
    if (answer.full || answer.complete) return answer;
    if (attempt >= ATTEMPTS)
      throw new PluginError("temporary", "tempo: it did not finish all jobs of a search, several times");
  }
}

function halvesOf(range: Range): Range[] {
  const parts = halved(range);
  if (parts !== undefined) return [...parts].reverse();
  throw new PluginError("too-large", "tempo: more traces in one second than a search may list", {
    hint: "query_frontend.search.max_result_limit of Tempo sets how many; or narrow down where the person shows up.",
  });
}
