/** Remote read: which series were asked for, and in which of the two ways they are sent. */
import { writeLabels } from "../../../plugins/mimir/line/labels.ts";
import { encodeHistogram } from "../../../plugins/mimir/restore/remote-write.ts";
import type { Matcher } from "../../../plugins/mimir/wire/matchers.ts";
import { snappyCompress } from "../../../plugins/mimir/wire/snappy.ts";
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { type Found, withExternal } from "./found.ts";
import { type MimirKnobs, oldestRead } from "./knobs.ts";
import { decodeReadRequest } from "./read-request.ts";
import type { LabSeries } from "./series.ts";
import type { Store } from "./store.ts";
import { streamed } from "./streamed.ts";
import { Unreadable } from "./unreadable.ts";

const STREAMED = 1;

/** `POST …/api/v1/read` (prometheus `storage/remote/read_handler.go`, mimir `pkg/querier/remote_read.go`). */
export async function remoteRead(
  store: Store,
  knobs: MimirKnobs,
  now: number,
  request: Request,
): Promise<Response> {
  const { queries, accepted } = decodeReadRequest(new Uint8Array(await request.arrayBuffer()));
  const lookback = oldestRead(knobs, now);
  const found = queries.map((query) => {
    const clamped = { ...query, from: Math.max(query.from, lookback) };
    // Wholly before what may be looked at: there is nothing, not even a chunk that reaches in.
    if (clamped.from > clamped.to) return { ...clamped, series: [] };
    return { ...clamped, series: store.select(ownMatchers(query.matchers, knobs), clamped.from, clamped.to) };
  });
  const tooMany = found.find(
    ({ series }) => knobs.maxFetchedSeries > 0 && series.length > knobs.maxFetchedSeries,
  );
  if (tooMany !== undefined) return tooManySeries(knobs);
  const damaged = unreadable(found);
  if (damaged !== undefined) return damaged;
  if (accepted.includes(STREAMED) && knobs.remoteRead === "streamed") return streamed(found, knobs);
  return sampled(found, knobs);
}

function tooManySeries({ maxFetchedSeries }: MimirKnobs): Response {
  const text = `the query exceeded the maximum number of series (limit: ${maxFetchedSeries} series) (err-mimir-max-series-per-query). Consider reducing the time range and/or number of series selected by the query.`;
  return new Response(`${text}\n`, { status: 500 });
}

/** It is said before anything is sent. */
function unreadable(found: readonly Found[]): Response | undefined {
  try {
    for (const { series, from, to } of found) for (const one of series) one.count(from, to);
    return undefined;
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return new Response(`${error.message}\n`, { status: 500 });
  }
}

/** An equality on an external label holds for what has it stored, or not at all. */
const ownMatchers = (matchers: readonly Matcher[], { externalLabels }: MimirKnobs): Matcher[] =>
  matchers.map((one) =>
    one.operator === "=" && externalLabels[one.name] === one.value ? { ...one, value: "" } : one,
  );

/** The whole answer at once, as samples. */
function sampled(found: readonly Found[], knobs: MimirKnobs): Response {
  const response = new ProtobufWriter(1 << 16);
  for (const { series, from, to } of found) {
    response.message(1, (result) => {
      for (const one of series)
        result.message(1, (message) => encodeSeries(message, one, { from, to }, knobs));
    });
  }
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
  return new Response(snappyCompress(response.finish()), { headers });
}

function encodeSeries(
  message: ProtobufWriter,
  series: LabSeries,
  { from, to }: { readonly from: number; readonly to: number },
  { externalLabels }: MimirKnobs,
): void {
  writeLabels(message, withExternal(series.labels, externalLabels));
  for (const { time, bits, histogram } of series.points(from, to)) {
    if (histogram === undefined) message.message(2, (sample) => sample.fixed64(1, bits).varint(2, time));
    else message.blob(4, encodeHistogram(histogram));
  }
}
