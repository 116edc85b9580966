/** The size: the server's own figure for its chunks, otherwise an estimate from a count. */
import { NS_PER_MS, type Range, type Size } from "contextcore";
import type { Api } from "./api.ts";
import type { Ask } from "./at-once.ts";
import { byParts } from "./parts.ts";
import { rootSelectors } from "./roots.ts";

/**
 * Bytes, and how they were determined: `index/volume`, uncompressed; or the lengths of lines.
 * @param endsOf from the oldest entry to just after the newest; `undefined` when there are none
 * @throws PluginError when the server cannot be asked
 */
export async function measure(api: Api, endsOf: Ask<Range | undefined>, signal: AbortSignal): Promise<Size> {
  const ends = await endsOf(signal);
  if (ends === undefined) return { bytes: 0, source: "api", how: "no entries" };
  const volume = await sum(ends, (selector, range) => api.volume(selector, range, signal));
  if (volume !== undefined && volume > 0) {
    const how = `index/volume: lines and metadata, uncompressed; a line that was pushed twice counts twice`;
    return { bytes: volume, source: "api", isAtMost: true, how };
  }
  const lines = await sum(ends, (selector, range) => countBytes(api, selector, range, signal));
  return {
    bytes: lines ?? 0,
    source: "estimate",
    how: `bytes_over_time: lines alone, uncompressed`,
  };

  /** `undefined` when any part is unknown. */
  async function sum(
    whole: Range,
    one: (selector: string, range: Range) => Promise<number | undefined>,
  ): Promise<number | undefined> {
    const sumOf = async (range: Range): Promise<number | undefined> => {
      let total = 0;
      for (const selector of await rootSelectors(api, { range }, signal)) {
        const bytes = await one(selector, range);
        if (bytes === undefined) return undefined;
        total += bytes;
      }
      return total;
    };
    let total = 0;
    for await (const bytes of byParts(whole, sumOf)) {
      if (bytes === undefined) return undefined;
      total += bytes;
    }
    return total;
  }
}

function countBytes(api: Api, selector: string, range: Range, signal: AbortSignal): Promise<number> {
  const ms = (range.to - range.from) / NS_PER_MS + 1n;
  return api.sum({ operation: "bytes_over_time", selector, range, ms }, signal);
}
