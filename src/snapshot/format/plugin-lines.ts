/** Data files in plugins' own folders with a known format, so that chains and comparisons can distinguish their records. */
import { canonicalJson } from "../../units/canonical-json.ts";
import type { JsonObject } from "../../units/json.ts";
import type { LineFormat, LineRecord } from "./line-format.ts";
import { list } from "./members.ts";
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
];

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
