/** What a server cannot read any more, as of a damaged chunk: its index still has it, and reading it fails. */
import type { MimirKnobs } from "./knobs.ts";
import type { LabSeries } from "./series.ts";
import type { Store } from "./store.ts";

export class Unreadable extends Error {
  override readonly name = "Unreadable";
  constructor() {
    super("expanding series: cannot populate chunk: invalid checksum");
  }
}

/** The same store, whose series throw {@link Unreadable} for a range in which one of their samples cannot be read. */
export function withUnreadable(store: Store, { isUnreadable }: MimirKnobs): Store {
  if (isUnreadable === undefined) return store;
  const guarded = (series: LabSeries): LabSeries => {
    const text = JSON.stringify(Object.fromEntries(series.labels));
    const checked =
      <Found>(read: (from: number, to: number) => Found) =>
      (from: number, to: number): Found => {
        if (series.points(from, to).some(({ time }) => isUnreadable(text, time))) throw new Unreadable();
        return read(from, to);
      };
    return {
      labels: series.labels,
      first: series.first,
      last: series.last,
      points: checked((from, to) => series.points(from, to)),
      count: checked((from, to) => series.count(from, to)),
      // What is streamed has been counted before.
      chunks: (from, to) => series.chunks(from, to),
    };
  };
  return { ...store, select: (...query) => store.select(...query).map(guarded) };
}
