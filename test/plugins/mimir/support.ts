/** What the tests of the mimir plugin share: servers to read from, the plugin opened on them, and samples to compare. */
import * as v from "valibot";
import { doubleBits } from "../../../plugins/mimir/chunk/histogram-layout.ts";
import mimir from "../../../plugins/mimir/index.ts";
import type { Labels } from "../../../plugins/mimir/line/labels.ts";
import { parseLine } from "../../../plugins/mimir/line/parse.ts";
import type { SeriesPoints } from "../../../plugins/mimir/restore/points.ts";
import { encodeWriteRequest } from "../../../plugins/mimir/restore/remote-write.ts";
import { type Harvest, type WalkOptions, walk } from "../../../src/conformance/walk.ts";
import type { Backend, ExportRequest } from "../../../src/contract/contract.ts";
import { PluginError } from "../../../src/contract/errors.ts";
import { createHttpClient } from "../../../src/http/client.ts";
import { createMimir, type MimirFace, type MimirOptions } from "../../lab/mimir/index.ts";
import type { Point } from "../../lab/mimir/series.ts";
import { asOpened } from "../../support/as-opened.ts";

export const MS = 1_000_000n;
export const HOUR_MS = 3_600_000;
/** The lab's clock, ms: a whole hour, so that windows are easy to reckon. */
export const NOW_MS = 1_800_000_000_000;
export const now = (): bigint => BigInt(NOW_MS) * MS;

export const never = new AbortController().signal;

export interface OpenOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly stepBytes?: number;
  readonly clock?: () => bigint;
}

/** The plugin's backend as the host opens it; nothing is left to settle unless a test asks for it. */
export function openMimir(url: string, given: OpenOptions = {}): Backend {
  const options = v.parse(mimir.options, { url, settle: "0s", ...given.options });
  const silent = { debug() {}, info() {}, warn() {} };
  const http = createHttpClient({ ...options, name: "mimir", url });
  const clock = given.clock ?? now;
  const limits = { stepBytes: given.stepBytes ?? 8 << 20 };
  const backend = mimir.backend?.({ options, http, log: silent, clock, limits });
  if (backend === undefined) throw new Error("the mimir plugin has no backend");
  return asOpened(backend, mimir, given.options);
}

/** A lab server over HTTP, gone when the scope ends. */
export function serveLab(
  given: Partial<MimirOptions> = {},
  change?: (request: Request) => Response | undefined | Promise<Response | undefined>,
) {
  const face: MimirFace = createMimir({ now, ...given });
  const asked: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      asked.push(new URL(request.url).pathname);
      return (await change?.(request)) ?? face.handle(request);
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    face,
    url,
    asked,
    open: (options: OpenOptions = {}) => openMimir(url, options),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

export const range = (fromMs: number, toMs: number) => ({ from: BigInt(fromMs) * MS, to: BigInt(toMs) * MS });

/** The lab's last three hours, which most tests export. */
export const START = NOW_MS - 3 * HOUR_MS;
export const REQUEST: ExportRequest = { range: range(START, NOW_MS) };

/** What the work fails with. */
export async function failure(work: Promise<unknown>): Promise<PluginError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof PluginError) return error;
  throw new Error(`not a PluginError: ${String(error)}`);
}

/** Runs an export to its end, every cursor through JSON. */
export const harvest = (
  backend: Backend,
  request: ExportRequest,
  over: Partial<WalkOptions> = {},
): Promise<Harvest> =>
  walk({ plugin: "mimir", request, backend: () => backend, throughJson: true, stepsMax: 20_000, ...over });

// ------------------------------------------------------------------------------------------- samples

export const labels = (name: string, more: Readonly<Record<string, string>> = {}): Labels =>
  Object.entries({ __name__: name, ...more }).sort(([a], [b]) => (a < b ? -1 : 1));

/** A sample of these 64 bits. */
export const bits = (time: number, value: bigint): Point => ({ time, bits: value });
export const float = (time: number, value: number): Point => bits(time, doubleBits(value));

/** Series of several metrics, one sample every 15 s for the three hours from {@link START} on. */
export const manySeries = (metrics: number, each: number): { labels: Labels; points: Point[] }[] =>
  Array.from({ length: metrics * each }, (_, at) => ({
    labels: labels(`metric_${at % metrics}`, { instance: String(at) }),
    points: Array.from({ length: 720 }, (_, index) =>
      float(START + index * 15_000 + (at % 5), (index * at) / 8),
    ),
  }));

/** What a set of series holds, as text that is equal when every bit is. */
export type Content = ReadonlyMap<string, readonly string[]>;

export function contentOf(
  series: readonly { readonly labels: Labels; readonly points: readonly Point[] }[],
): Content {
  const content = new Map<string, string[]>();
  for (const { labels: own, points } of series) {
    const key = JSON.stringify(own);
    content.set(key, [...(content.get(key) ?? []), ...points.map(pointText)].sort());
  }
  return content;
}

/** The content of an export, whatever its windows and blocks. */
export const exportedContent = (found: Harvest): Content => contentOf(exportedSeries(found));

export function exportedSeries(found: Harvest): { labels: Labels; points: Point[] }[] {
  return (found.lines.get("metrics.json") ?? []).map(seriesOfLine);
}

/** What one line of `metrics.json` holds. */
export function seriesOfLine(line: string): { labels: Labels; points: Point[] } {
  const { labels: own, series } = parseLine(line);
  const floats = Array.from({ length: series.count }, (_, index) =>
    bits(series.times[index] ?? 0, (BigInt(series.high[index] ?? 0) << 32n) | BigInt(series.low[index] ?? 0)),
  );
  const histograms = series.histograms.map((histogram) => ({
    time: histogram.timestamp,
    bits: 0n,
    histogram,
  }));
  return { labels: own, points: [...floats, ...histograms] };
}

function pointText({ time, bits: value, histogram }: Point): string {
  if (histogram === undefined) return `${time} ${value.toString(16).padStart(16, "0")}`;
  const parts = Object.entries(histogram).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${time} ${JSON.stringify(Object.fromEntries(parts), hex)}`;
}

const hex = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString(16) : value);

/** Writes samples to a server by remote write 1.0. */
export async function push(
  url: string,
  series: readonly { labels: Labels; points: readonly Point[] }[],
): Promise<void> {
  const request = series.map(
    ({ labels: own, points }): SeriesPoints => ({
      labels: own,
      points: {
        times: Float64Array.from(points, ({ time }) => time),
        high: Uint32Array.from(points, ({ bits: value }) => Number(value >> 32n)),
        low: Uint32Array.from(points, ({ bits: value }) => Number(value & 0xffffffffn)),
        histograms: points.map(({ histogram }) => histogram),
      },
    }),
  );
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    },
    body: encodeWriteRequest(request),
  });
  if (!answer.ok) throw new Error(`remote write answered ${answer.status}: ${await answer.text()}`);
}
