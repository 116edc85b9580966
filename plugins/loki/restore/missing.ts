import type { Range } from "contextcore";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { allowedPage } from "../server/in-parts.ts";
import { type Page, type Value, valuesOf } from "../server/page.ts";
import { type Labels, ownLabels, printSelector, streamKey } from "../server/selector.ts";
import type { PushStream } from "./push.ts";

/** Entries requested at once: the limit of servers with default settings. */
const LIMIT = 5_000;

/** The entries of one stream that the server does not hold. Entries that it holds but does not show yet count as missing. */
export async function findMissing(
  api: Api,
  border: Border,
  stream: PushStream,
  signal: AbortSignal,
): Promise<readonly Value[]> {
  const [first, last] = [stream.values[0], stream.values.at(-1)];
  const matchers = Object.entries(stream.labels).map(
    ([name, value]) => ({ name, operator: "=", value }) as const,
  );
  if (first === undefined || last === undefined || matchers.length === 0) return stream.values;
  const held = new Set<string>();
  const query = printSelector(matchers);
  const look = async ({ from, to }: Range): Promise<void> => {
    for (let at = from; at < to; ) {
      const request = { query, range: { from: at, to }, limit: LIMIT };
      const { page, isFull } = await allowedPage(api, request, signal);
      const newest = remember(held, page, stream.labels);
      if (!isFull) break;
      // Continues from the last nanosecond again, unless it fills the page.
      at = newest > at ? newest : at + 1n;
    }
  };
  const range = { from: BigInt(first[0]), to: BigInt(last[0]) + 1n };
  await Array.fromAsync(border.looks(range, look, signal));
  return stream.values.filter((value) => !held.has(identity(value)));
}

/** @returns the newest time seen */
function remember(held: Set<string>, page: Page, labels: Labels): bigint {
  let newest = 0n;
  for (const stream of page.streams) {
    const time = page.entries.time(stream.to - 1);
    if (time > newest) newest = time;
    if (!isSameStream(stream.labels, labels)) continue;
    for (const value of valuesOf(page, stream)) {
      held.add(identity(value));
      held.add(identity(withoutLevel(value)));
    }
  }
  return newest;
}

/** The server adds a service name if there is none. */
function isSameStream(served: Labels, ours: Labels): boolean {
  const { service_name, ...others } = ownLabels(served);
  return streamKey(ours) === streamKey(Object.hasOwn(ours, "service_name") ? ownLabels(served) : others);
}

/** The server adds a level detected from the line if the entry has none. */
function withoutLevel([time, line, metadata]: Value): Value {
  if (metadata === undefined) return [time, line];
  const { detected_level, ...others } = metadata;
  return [time, line, others];
}

const identity = ([time, line, metadata = {}]: Value): string => `${time} ${streamKey(metadata)} ${line}`;
