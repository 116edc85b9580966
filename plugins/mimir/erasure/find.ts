/** One person's series, as the query engine finds them: those with samples, whatever the index still names. */
import {
  type FindRequest,
  type Found,
  fromMs,
  NS_PER_MS,
  type Range,
  toMs,
  v,
  withoutIdentifier,
} from "contextcore";
import { saidTooMuch, shorter } from "../server/api.ts";
import { findExtent, smallest } from "../server/extent.ts";
import { queryVector } from "../server/queries.ts";
import type { Server } from "../server/server.ts";
import { type Matcher, namesMatcher, toSelector } from "../wire/matchers.ts";
import { matchersOfPerson } from "./place.ts";

/** The series of one metric. The metric's name is split where the identifier stands in it; times are decimal strings of ns. */
export const reference = v.object({
  where: v.string(),
  metric: v.array(v.string()),
  from: v.string(),
  to: v.string(),
  series: v.number(),
});

/** Finds them, by metric. @param clock ns @throws PluginError */
export async function* findSeries(
  server: Server,
  clock: () => bigint,
  request: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  yield* await withoutIdentifier(request.id, () => search(server, clock(), request, signal));
}

async function search(
  server: Server,
  now: bigint,
  { id, where, range }: FindRequest,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const matchers = matchersOfPerson(where, id);
  const asked = range ?? (await whole(server, now, signal));
  const series = asked === undefined ? [] : await seriesWithSamples(server, matchers, asked, signal);
  if (asked === undefined || series.length === 0) return [];
  const time = range ?? (await timesOf(server, matchers, asked, signal));
  const byMetric = Map.groupBy(series, ({ __name__ = "" }) => __name__);
  return [...byMetric].map(([metric, { length }]) => ({
    ...{ unit: "series", count: length, range: time },
    where: metric.includes(id) ? "a metric that is named after that person" : `the metric ${metric}`,
    reference: {
      ...{ where, metric: metric.split(id), series: length },
      ...{ from: String(time.from), to: String(time.to) },
    },
  }));
}

/** Servers take samples of the near future. ns */
const AHEAD = fromMs(3_600_000);

/** `undefined` when the server holds nothing. */
async function whole(server: Server, now: bigint, signal: AbortSignal): Promise<Range | undefined> {
  const { oldest } = await findExtent(server, now, signal);
  return oldest === undefined ? undefined : { from: oldest, to: onMs(now + AHEAD) };
}

const onMs = (time: bigint): bigint => time - (time % NS_PER_MS);

type Labels = Readonly<Record<string, string>>;

/** The series that have a sample in a range, each once. Too much for one query is asked by halves of the time. */
export async function seriesWithSamples(
  server: Server,
  matchers: readonly Matcher[],
  range: Range,
  signal: AbortSignal,
): Promise<readonly Labels[]> {
  const found = new Map<string, Labels>();
  const ask = async (part: Range): Promise<void> => {
    try {
      for (const { metric } of await queryVector(server, lastOf(matchers, part), toMs(part.to) - 1, signal))
        found.set(JSON.stringify(Object.entries(metric).sort()), metric);
    } catch (error) {
      const parts = saidTooMuch(error) ? shorter(part) : undefined;
      if (parts === undefined) throw error;
      for (const half of parts) await ask(half);
    }
  };
  await ask(range);
  return [...found.values()];
}

const lastOf = (matchers: readonly Matcher[], { from, to }: Range): string =>
  `last_over_time(${toSelector(matchers)}[${Math.max(1, toMs(to) - toMs(from))}ms])`;

const HOUR = fromMs(3_600_000);

/** Of what is in a range, the hours of its first and its last sample. */
async function timesOf(
  server: Server,
  matchers: readonly Matcher[],
  { from, to }: Range,
  signal: AbortSignal,
): Promise<Range> {
  const has = async (part: Range): Promise<boolean> =>
    part.from < part.to && (await seriesWithSamples(server, matchers, part, signal)).length > 0;
  const hours = Number((to - from) / HOUR) + 1;
  const back = (count: number): bigint =>
    to - BigInt(count) * HOUR > from ? to - BigInt(count) * HOUR : from;
  const newest = await smallest(hours, (count) => has({ from: back(count), to }));
  const oldest = await smallest(hours, async (count) => !(await has({ from, to: back(count) })));
  return { from: back(oldest), to: back(newest - 1) };
}

/** The matchers of what a reference stands for. */
export const matchersOfFound = (
  { where, metric }: v.InferOutput<typeof reference>,
  id: string,
): readonly Matcher[] => [...matchersOfPerson(where, id), namesMatcher([metric.join(id)])];
