/** One person's annotations. Dashboards are everybody's: they are never found, and never erased. */
import {
  type FindRequest,
  type Found,
  fromMs,
  type Json,
  NS_PER_MS,
  parseShape,
  type Range,
  v,
} from "contextcore";
import type { Server } from "../server.ts";
import { type Said, theirsBy } from "./places.ts";
import { annotationRows, type Row } from "./rows.ts";

const schema = v.object({
  annotations: v.array(
    v.object({
      id: v.number(),
      /** ms */
      time: v.number(),
      end: v.number(),
      /** Of what it says: another one may have its number by now. */
      said: v.string(),
    }),
  ),
});

/** What an erasure is told of annotations that were found. */
export type Reference = v.InferOutput<typeof schema>;

/** Reads a reference. @throws PluginError `invalid` when it is none */
export const referenceOf = (one: Json): Reference =>
  parseShape("grafana: a reference", schema, JSON.stringify(one));

/** How many one reference names at most. */
const SOME = 200;
/** Grafana takes annotations of the future, too. */
const AHEAD = 366n * 86_400n * 1_000n * NS_PER_MS;

/** Finds them, each once. @throws PluginError */
export async function* findAnnotations(
  server: Server,
  { id, where, range }: FindRequest,
  now: bigint,
): AsyncGenerator<Found> {
  const isTheirs = theirsBy(where, id);
  let some: Row[] = [];
  for await (const row of annotationRows(server, range ?? { from: 0n, to: now + AHEAD })) {
    if (!isTheirs(row)) continue;
    some.push(row);
    if (some.length < SOME) continue;
    yield foundOf(some);
    some = [];
  }
  if (some.length > 0) yield foundOf(some);
}

const foundOf = (rows: readonly Row[]): Found => ({
  ...{
    unit: "annotations",
    count: rows.length,
    where: "annotations, by their texts and tags",
    range: rangeOf(rows),
  },
  reference: {
    annotations: rows.map((row) => ({ id: row.id, time: row.time, end: row.end, said: saidBy(row) })),
  },
});

function rangeOf(rows: readonly Row[]): Range {
  const from = Math.min(...rows.map(({ time }) => time));
  return { from: fromMs(from), to: fromMs(Math.max(...rows.map(({ end }) => end))) + NS_PER_MS };
}

/** By this it is known again, though nobody can read it. */
export const saidBy = ({ text, tags }: Said): string =>
  new Bun.CryptoHasher("sha256").update(JSON.stringify([text, tags])).digest("hex");
