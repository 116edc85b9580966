/** Entries as lines of `logs.json`: one Loki push request per line, one stream each, in time order. */
import type { LineRecords, Range } from "contextcore";
import type { Entries, PageStream, Place } from "../server/entries.ts";
import type { Page } from "../server/page.ts";
import { isBookkeeping, ownLabels, streamKey } from "../server/selector.ts";

/** The data file that all entries go into. */
export const LOGS_FILE = "logs.json";

/** Maximum length of a line, roughly; a longer single entry gets its own line. Bytes. */
const LINE_MAX = 1 << 20;

/** `undefined` when there is nothing to keep. @param streams those of the page, or what is to be kept of them */
export function toRecords(
  { entries }: Page,
  streams: readonly PageStream[],
  window: Range,
): LineRecords | undefined {
  const writer = createWriter(entries);
  for (const { labels, indexes } of joinStreams(entries, streams)) writer.stream(labels, indexes);
  return writer.count === 0 ? undefined : writer.records(window);
}

interface KeptStream {
  /** As JSON. */
  readonly labels: string;
  /** Oldest first. */
  readonly indexes: readonly number[];
}

/**
 * Merges streams that differ only in the server's own labels, in time order; entries of one nanosecond keep their stream's
 * order.
 */
function joinStreams(entries: Entries, streams: readonly PageStream[]): KeptStream[] {
  const isPlain = !streams.some(({ labels }) => Object.keys(labels).some(isBookkeeping));
  if (isPlain) return streams.map((one) => ({ labels: JSON.stringify(one.labels), indexes: span(one) }));
  const groups = Map.groupBy(streams, ({ labels }) => streamKey(ownLabels(labels)));
  return [...groups.values()].map((parts) => ({
    labels: JSON.stringify(ownLabels(parts[0]?.labels ?? {})),
    indexes: parts.flatMap(span).sort((a, b) => entries.compare(a, b) || a - b),
  }));
}

const span = ({ from, to }: PageStream): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

const [COMMA, OPEN, CLOSE, NEWLINE] = [0x2c, 0x5b, 0x5d, 0x0a];

/** Copies entries from the answer's bytes into lines. */
function createWriter(entries: Entries) {
  const source = entries.buffer;
  let target = Buffer.allocUnsafe(source.length + 4_096);
  let [used, lines, count] = [0, 0, 0];
  let [first, last] = [0, 0];

  const room = (bytes: number): void => {
    if (used + bytes <= target.length) return;
    const larger = Buffer.allocUnsafe((used + bytes) * 2);
    target.copy(larger, 0, 0, used);
    target = larger;
  };
  const copy = ({ from, to }: Place): void => {
    used += source.copy(target, used, from, to);
  };
  const text = (part: string): void => {
    room(part.length * 3);
    used += target.write(part, used);
  };
  const byte = (one: number): void => {
    target[used] = one;
    used += 1;
  };

  /** `["<ns>","line",{…}]` */
  function entry(index: number): void {
    const [head, metadata] = [entries.head(index), entries.metadata(index)];
    room(head.to - head.from + metadata.to - metadata.from + 4);
    byte(OPEN);
    copy(head);
    if (metadata.to > 0) {
      byte(COMMA);
      copy(metadata);
    }
    byte(CLOSE);
    count += 1;
  }

  return {
    get count() {
      return count;
    },
    stream(labels: string, indexes: readonly number[]): void {
      const [oldest = 0, newest = oldest] = [indexes[0], indexes.at(-1)];
      if (count === 0 || entries.compare(oldest, first) < 0) first = oldest;
      if (count === 0 || entries.compare(newest, last) > 0) last = newest;
      for (let at = 0; at < indexes.length; ) {
        const start = used;
        text(`{"streams":[{"stream":${labels},"values":[`);
        do {
          entry(indexes[at++] ?? 0);
          byte(COMMA);
        } while (at < indexes.length && used - start < LINE_MAX);
        used -= 1;
        text("]}]}");
        byte(NEWLINE);
        lines += 1;
      }
    },
    records: (window: Range): LineRecords => ({
      file: LOGS_FILE,
      text: target.subarray(0, used),
      lines,
      from: entries.time(first),
      to: entries.time(last) + 1n,
      counts: { entries: count },
      window,
    }),
  };
}
