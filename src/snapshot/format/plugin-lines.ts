/** Data files in plugins' own folders with a known format, so that chains and comparisons can distinguish their records. */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { JsonObject } from "../../units/json.ts";
import type { LineFormat, LineRecord } from "./line-format.ts";
import { list, members } from "./members.ts";
import { requiredList, requiredObject } from "./required.ts";

/** One row for each file. The lines of a file without a row are only parsed, and compared as they are. */
export const PLUGIN_FORMATS: readonly LineFormat[] = [
  {
    file: "mimir/exemplars.json",
    unit: "exemplars",
    records: exemplarsOf,
    keep: (line, isKept) => ({ ...line, exemplars: list(line.exemplars).filter(isKept) }),
    labelled: {
      unit: "series",
      isIdentity: true,
      sets: (line) => [
        { labels: requiredObject(line.metric), records: (metric) => exemplarsOf({ ...line, metric }) },
      ],
    },
  },
  { file: "mimir/metadata.json", isState: true },
  { file: "grafana/annotations.jsonl", unit: "annotations", records: annotationOf },
  {
    file: "activity/runs.jsonl",
    unit: "runs",
    records: runOf,
    lineCounts: (line) => ({ toolCalls: list(line.toolCalls).length }),
  },
  {
    file: "files/tree.jsonl",
    unit: "entries",
    isState: true,
    records: entryOf,
    lineCounts: ({ type }) => ({ [KINDS[String(type)] ?? "entries"]: 1 }),
  },
  { file: "files/seen.jsonl", isState: true, records: () => [] },
  { file: "redis/keys.jsonl", unit: "keys", records: keyOf },
];

const KEY = ["keys"];

/** A key's name is kept as base64, since it need not be text; whoever looks for a name looks for text. */
function keyOf({ key, ...saved }: JsonObject): readonly LineRecord[] {
  if (typeof key !== "string") throw new Error("`key` is no text");
  const name = Buffer.from(key, "base64");
  const isText = Buffer.from(name.toString()).equals(name);
  const content = canonicalJson({ ...saved, ...(isText ? { key: name.toString() } : { base64: key }) });
  return [{ identity: content, content, timeMs: 0, units: KEY }];
}

const ENTRY = ["entries"];
/** What entries of a tree are counted as, by their type. */
const KINDS: Readonly<Record<string, string>> = { file: "files", directory: "directories", link: "links" };

/** Where its content lies in a snapshot is not a part of it; its checksum is. */
function entryOf({ content, ...entry }: JsonObject): readonly LineRecord[] {
  const { sha256 } = members(content);
  const text = canonicalJson({ ...entry, ...(typeof sha256 === "string" && { sha256 }) });
  return [{ identity: text, content: text, timeMs: 0, units: ENTRY }];
}

const EXEMPLAR = ["exemplars"];

function* exemplarsOf({ metric, exemplars }: JsonObject): Generator<LineRecord> {
  const labels = canonicalJson(metric);
  for (const exemplar of requiredList(exemplars)) {
    const content = `${labels} ${canonicalJson(exemplar)}`;
    const timeMs = Number(requiredObject(exemplar).timestamp);
    yield { identity: content, content, timeMs, units: EXEMPLAR };
  }
}

const ANNOTATION = ["annotations"];

function annotationOf(line: JsonObject): readonly LineRecord[] {
  const content = canonicalJson(line);
  return [{ identity: content, content, timeMs: Number(line.time), units: ANNOTATION }];
}

const RUN = ["runs"];

function runOf(line: JsonObject): readonly LineRecord[] {
  const timeMs = Date.parse(String(line.recorded));
  return [
    { identity: String(line.id), content: canonicalJson(line), timeMs, units: RUN, name: `run ${line.id}` },
  ];
}
