/** `logs.json`: `{"streams":[{"stream":{…},"values":[["<ns>","line",{…}], …]}]}` a line, times ascending. */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { Json, JsonObject } from "../../units/json.ts";
import { createExtent, isBefore, nsToMs } from "./extent.ts";
import {
  countsNamed,
  type IsKept,
  type LabelSet,
  type LineFacts,
  type LineFormat,
  type LineRecord,
} from "./line-format.ts";
import { list, type Members, members } from "./members.ts";
import { listIn, requiredList, requiredObject } from "./required.ts";

/** `logs.json`: a line is a stream with some of its entries. */
export const LOGS: LineFormat = {
  file: "logs.json",
  unit: "entries",
  counted: ["entries"],
  check: { measure, claims: countsNamed("entries") },
  records,
  keep,
  join: { key, join },
  labelled: { unit: "streams", isIdentity: true, sets },
};

function measure(line: Json): LineFacts {
  const extent = createExtent();
  let entries = 0;
  for (const stream of listIn(line, "streams")) {
    let last = "";
    for (const value of listIn(stream, "values")) {
      const [time, text]: readonly unknown[] = Array.isArray(value) ? value : [];
      if (typeof time !== "string" || typeof text !== "string")
        throw new Error("a value is not [time, line, …]");
      if (last !== "" && isBefore(time, last)) throw new Error(`times are not ascending at ${time}`);
      extent.add(time);
      last = time;
      entries += 1;
    }
  }
  return { counts: { entries }, ...extent.result() };
}

const ENTRY = ["entries"];

function* records(line: JsonObject): Generator<LineRecord> {
  for (const { labels, records: ofStream } of sets(line)) yield* ofStream(labels);
}

function* sets(line: JsonObject): Generator<LabelSet> {
  for (const { stream, values } of requiredList(line.streams).map(requiredObject))
    yield {
      labels: requiredObject(stream),
      records: (labels) => entriesOf(canonicalJson(labels), requiredList(values)),
    };
}

function* entriesOf(labels: string, values: readonly Json[]): Generator<LineRecord> {
  for (const value of values) {
    const [time, text, metadata = {}] = requiredList(value);
    const content = `${labels} ${time} ${canonicalJson(metadata)} ${text}`;
    yield {
      identity: content,
      content,
      get time() {
        const from = BigInt(`${time}`);
        return { from, to: from + 1n };
      },
      timeMs: nsToMs(time),
      units: ENTRY,
    };
  }
}

function keep(line: Members, isKept: IsKept): Members {
  const streams = list(line.streams)
    .map((one) => ({ ...members(one), values: list(members(one).values).filter(isKept) }))
    .filter(({ values }) => values.length > 0);
  return { ...line, streams };
}

/** The labels of its only stream. */
function key(line: JsonObject): string | undefined {
  const [stream, ...others] = listIn(line, "streams");
  return stream === undefined || others.length > 0 ? undefined : canonicalJson(requiredObject(stream).stream);
}

function join(lines: readonly Members[]): Members {
  const streams = lines.map((line) => members(list(line.streams)[0]));
  const entries = streams.flatMap(({ values }) => list(values));
  const timed = entries.map((entry) => ({ at: BigInt(String(list(entry)[0])), entry }));
  timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return { ...lines[0], streams: [{ ...streams[0], values: timed.map(({ entry }) => entry) }] };
}
