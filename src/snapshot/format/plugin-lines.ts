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
  { file: "activity/runs.jsonl", unit: "runs", records: runOf },
  { file: "files/tree.jsonl", unit: "entries", isState: true, records: entryOf },
  { file: "files/seen.jsonl", isState: true, records: () => [] },
];

const ENTRY = ["entries"];

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
