/** Ranges longer than one query may span. */
import { halves, NS_PER_SECOND, type Range } from "contextcore";
import { spansTooMuch } from "./refusal.ts";

/** Loki refuses queries over more than `max_query_length`, 30 days and an hour by default. ns */
export const MONTH = 30n * 86_400n * NS_PER_SECOND;

/**
 * The results of `ask` for each part of a range, oldest first. A part is at most a month, and shorter if the server says that
 * it is too long. Nothing is requested before its result is needed.
 */
export async function* byParts<Answer>(
  range: Range,
  ask: (part: Range) => Promise<Answer>,
): AsyncGenerator<Answer> {
  for (let { from } = range; from < range.to; from += MONTH) {
    const end = from + MONTH;
    yield* byHalves({ from, to: end < range.to ? end : range.to }, ask);
  }
}

async function* byHalves<Answer>(
  range: Range,
  ask: (part: Range) => Promise<Answer>,
): AsyncGenerator<Answer> {
  let parts: readonly Range[] | undefined;
  try {
    yield await ask(range);
  } catch (error) {
    parts = spansTooMuch(error) ? halves(range, NS_PER_SECOND) : undefined;
    if (parts === undefined) throw error;
  }
  for (const part of parts ?? []) yield* byHalves(part, ask);
}
