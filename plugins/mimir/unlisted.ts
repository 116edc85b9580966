import { isKind, type Range, toMs } from "contextcore";
import { saidTooMuch, shorter } from "./server/api.ts";
import { matchersOf, queryVector, type Server, type VectorElement } from "./server/server.ts";
import { toSelector } from "./wire/matchers.ts";
import { exceptNames, lengthOf } from "./wire/names.ts";

/** The names that one query may leave out, in characters: half of the 1 MiB that is the smallest limit of a request's body. */
const EXCEPT_LENGTH_MAX = 500_000;

/** What is known of a range's metrics by the server's list of names, which it may have cut. */
export interface Listed {
  readonly range: Range;
  readonly match: string | undefined;
  readonly names: readonly string[];
}

/**
 * The metrics with samples in the range that the list of names lacks, as the query engine finds them: it selects whatever
 * is not on the list, so it is independent of it. `last_over_time` is the one function of a range that keeps the names; a
 * sum over all series at once is refused as soon as two metrics have the same labels.
 * @throws PluginError when even a minute is more than the server gives
 */
export async function unlistedNames(
  server: Server,
  { range, match, names }: Listed,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known = new Set(names);
  // A longer list is not sent: then the engine names all that there is, and the difference is taken here.
  const except = lengthOf(names) > EXCEPT_LENGTH_MAX ? [] : exceptNames(names);
  const selector = toSelector([...matchersOf(match), ...except]);
  const found = await namesIn(server, selector, range, signal);
  return [...found].filter((name) => name !== "" && !known.has(name));
}

/** Too much for one query is asked by halves of the time. */
async function namesIn(
  server: Server,
  selector: string,
  range: Range,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const found = await seriesIn(server, selector, range, signal);
    return new Set(found.map(({ metric }) => metric.__name__ ?? ""));
  } catch (error) {
    const parts = saidTooMuch(error) ? shorter(range) : undefined;
    if (parts === undefined) throw error;
    const names = new Set<string>();
    for (const part of parts)
      for (const name of await namesIn(server, selector, part, signal)) names.add(name);
    return names;
  }
}

/** Prometheus before 2.26 has no `last_over_time`: there, what has samples at the range's end. */
async function seriesIn(
  server: Server,
  selector: string,
  range: Range,
  signal: AbortSignal,
): Promise<readonly VectorElement[]> {
  const ask = (vector: string) =>
    queryVector(server, `count by (__name__) (${vector})`, toMs(range.to) - 1, signal);
  try {
    return await ask(`last_over_time(${selector}[${Math.max(1, toMs(range.to) - toMs(range.from))}ms])`);
  } catch (error) {
    if (!isKind(error, "invalid") || !/unknown function/i.test(String(error))) throw error;
    return ask(selector);
  }
}
