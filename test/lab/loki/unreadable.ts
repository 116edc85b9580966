/** What a server cannot read any more, as of a damaged chunk: its index still has it, and every query that reads it fails. */
import { labelString } from "./labels.ts";
import type { Slice, Stream } from "./store.ts";

/** Labels as text: `{app="web"}`. */
export type IsUnreadable = (labels: string, time: bigint) => boolean;

export class Unreadable extends Error {
  override readonly name = "Unreadable";
  constructor() {
    super("rpc error: code = Unknown desc = invalid chunk checksum");
  }
}

/** @throws Unreadable */
export function requireReadable(
  { labels }: Stream,
  time: bigint,
  isUnreadable: IsUnreadable | undefined,
): void {
  if (isUnreadable?.(labelString(labels), time)) throw new Unreadable();
}

/** @throws Unreadable when one of these entries cannot be read */
export function requireAllReadable(
  { stream, low, high }: Slice,
  isUnreadable: IsUnreadable | undefined,
): void {
  if (isUnreadable === undefined) return;
  for (let index = low; index < high; index += 1)
    requireReadable(stream, stream.entries.time(index), isUnreadable);
}
