/**
 * A snapshot's samples as OpenMetrics text, as `promtool tsdb create-blocks-from openmetrics` reads it.
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/ (timestamps are seconds).
 *
 * The format cannot express stale markers, a NaN's payload, native histograms, and exemplars of gauges. They are left out,
 * counted, and reported to the caller.
 */

import * as v from "valibot";
import { objectOf } from "../contract/any-names.ts";
import { type Block, byBlockTime, fileOf } from "../snapshot/format/block.ts";
import { linesOf } from "../snapshot/format/lines.ts";
import { METRICS } from "../snapshot/format/metrics.ts";
import { createAdditions } from "../snapshot/read/additions.ts";
import type { IndexedBlock, OpenSnapshot } from "../snapshot/read/reader.ts";

/** What was written, and what the format cannot carry. */
export interface Converted {
  samples: number;
  stale: number;
  nanPayloads: number;
  histograms: number;
}

/**
 * Writes the metrics of a snapshot; where it has none, nothing.
 * @param backend as for `openMetrics`
 * @returns `undefined` when it has none
 * @throws SnapshotError when a block is not what was written
 */
export async function writeOpenMetrics(
  snapshot: OpenSnapshot,
  write: (pieces: AsyncIterable<string>) => Promise<unknown>,
  backend?: string,
): Promise<Converted | undefined> {
  if (!(await hasMetrics(snapshot, backend))) return undefined;
  const totals: Converted = { samples: 0, stale: 0, nanPayloads: 0, histograms: 0 };
  await write(openMetrics(snapshot, totals, backend));
  return totals;
}

const { file: FILE } = METRICS;

const lineSchema = v.object({
  metric: objectOf(v.string()),
  timestamps: v.array(v.number()),
  values: v.array(v.nullable(v.number())),
  special: v.optional(objectOf(v.string()), {}),
  histograms: v.optional(v.array(v.unknown()), []),
});
type SeriesLine = v.InferOutput<typeof lineSchema>;

/**
 * The text in pieces of one series and time window each, ending with `# EOF`. `totals` grows while it is read.
 * @param backend whose metrics to write if several have some, because two servers' series may have the same labels
 * @throws SnapshotError when a block is not what was written
 */
export async function* openMetrics(
  snapshot: OpenSnapshot,
  totals: Converted,
  backend?: string,
): AsyncGenerator<string> {
  const blocks = await blocksByTime(snapshot, backend);
  const additions = createAdditions(blocks, snapshot.read);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (const block of blocks) {
    const { bytes } = await additions.joined(block, await snapshot.read(block));
    for (const line of linesOf(bytes)) {
      const text = seriesText(v.parse(lineSchema, JSON.parse(decoder.decode(line))), totals);
      if (text !== "") yield text;
    }
  }
  yield "# EOF\n";
}

const isMetrics = ({ plugin, block }: IndexedBlock, backend: string | undefined): boolean =>
  (backend === undefined || plugin === backend) && fileOf(block) === FILE;

async function hasMetrics(snapshot: OpenSnapshot, backend: string | undefined): Promise<boolean> {
  for await (const placed of snapshot.blocks()) if (isMetrics(placed, backend)) return true;
  return false;
}

/** In time order: promtool silently drops samples of a series that come after newer ones. */
async function blocksByTime(snapshot: OpenSnapshot, backend: string | undefined): Promise<Block[]> {
  const blocks: Block[] = [];
  for await (const placed of snapshot.blocks()) if (isMetrics(placed, backend)) blocks.push(placed.block);
  return blocks.sort(byBlockTime);
}

function seriesText(
  { metric, timestamps, values, special, histograms }: SeriesLine,
  totals: Converted,
): string {
  const series = seriesName(metric);
  totals.histograms += histograms.length;
  let text = "";
  for (const [index, ms] of timestamps.entries()) {
    const value = valueText(values[index] ?? null, special[index], totals);
    if (value === undefined) continue;
    totals.samples += 1;
    text += `${series} ${value} ${seconds(ms)}\n`;
  }
  return text;
}

/** `undefined` if the format cannot express it. */
function valueText(value: number | null, special: string | undefined, totals: Converted): string | undefined {
  if (value !== null) return Object.is(value, -0) ? "-0" : String(value);
  if (special === "NaN" || special === "+Inf" || special === "-Inf") return special;
  if (special === "stale") totals.stale += 1;
  else totals.nanPayloads += 1;
  return undefined;
}

const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `name{label="value"}`; names beyond the classic characters are quoted, as Prometheus 3 writes them. */
function seriesName({ __name__: name = "", ...labels }: SeriesLine["metric"]): string {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${LEGACY_LABEL.test(label) ? label : quote(label)}=${quote(value)}`,
  );
  if (LEGACY_METRIC.test(name)) return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
  return `{${[quote(name), ...pairs].join(",")}}`;
}

const quote = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** Milliseconds as seconds, exactly. */
function seconds(ms: number): string {
  const whole = Math.trunc(ms / 1000);
  const rest = Math.abs(ms - whole * 1000);
  const sign = ms < 0 && whole === 0 ? "-" : "";
  return rest === 0 ? `${whole}` : `${sign}${whole}.${String(rest).padStart(3, "0")}`;
}
