import { jsonText, type Labels, labelsJson } from "./labels.ts";

/** One entry as it is sent and answered: JSON texts, so that an answer is put together by joining. */
export interface Entry {
  /** ns */
  readonly time: bigint;
  /** The line as a JSON string. */
  readonly line: string;
  /** The structured metadata as a JSON object, keys sorted; `""` when there is none. */
  readonly metadata: string;
}

/** Entries in time order, whether they are stored or made up on demand. Entries of one nanosecond keep their order of arrival. */
export interface EntryList {
  readonly length: number;
  /** Whether some entry has metadata that metric queries take for an error. */
  readonly hasErrors?: boolean;
  time(index: number): bigint;
  entry(index: number): Entry;
}

export const toEntry = (time: bigint, line: string, metadata: Labels): Entry => ({
  time,
  line: jsonText(line),
  metadata: metadata.length === 0 ? "" : labelsJson(metadata),
});

/** The first index whose time is not before `time`. */
export function lowerBound(list: EntryList, time: bigint): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list.time(middle) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Reads a metadata or label object back into pairs. */
export const pairsOf = (json: string): [string, string][] =>
  json === "" ? [] : Object.entries<string>(JSON.parse(json));
