/** One person's traces. A trace is theirs as a whole: its spans mean nothing apart. */
import { type FindRequest, type Found, holdsWord, type Json, parseShape, v } from "contextcore";
import type { Source } from "../export/cursor.ts";
import { readOnce } from "../export/traces.ts";
import { TextBuffer } from "../otlp/text-buffer.ts";
import { writeTrace } from "../otlp/trace.ts";
import type { SearchHit } from "../server/search.ts";
import { listTraces } from "./list.ts";
import { theirQuery } from "./query.ts";

const schema = v.object({ traces: v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))) });

/** The ids of traces that a reference names. @throws PluginError `invalid` when it is none */
export const tracesIn = (reference: Json): readonly string[] =>
  parseShape("tempo: a reference", schema, JSON.stringify(reference)).traces;

/** As many as fit into one command that people read. */
const SOME = 20;

/** Finds them, each once. @throws PluginError */
export async function* findTraces(
  source: Source,
  { id, where, range }: FindRequest,
  at: { readonly now: bigint; readonly signal: AbortSignal },
): AsyncGenerator<Found> {
  const { query, isLoose } = theirQuery(where, id);
  const settings = await source.settings(at.signal);
  const words = `traces that match ${where.replaceAll(id, "{id}")}`;
  let some: SearchHit[] = [];
  for await (const hit of listTraces(source.finder, { query, range, settings, now: at.now }, at.signal)) {
    if (isLoose && !(await holds(source, hit, id, at.signal))) continue;
    some.push(hit);
    if (some.length < SOME) continue;
    yield foundOf(some, words);
    some = [];
  }
  if (some.length > 0) yield foundOf(some, words);
}

function foundOf(hits: readonly SearchHit[], where: string): Found {
  let [from, to] = [hits[0]?.from ?? 0n, hits[0]?.to ?? 0n];
  for (const hit of hits) [from, to] = [hit.from < from ? hit.from : from, hit.to > to ? hit.to : to];
  return {
    ...{ unit: "traces", count: hits.length, where, range: { from, to: to + 1n } },
    reference: { traces: hits.map(({ id }) => id) },
  };
}

/** Whether the trace has the identifier in it as a whole word. One that is gone has not. */
async function holds(source: Source, hit: SearchHit, id: string, signal: AbortSignal): Promise<boolean> {
  const { trace } = await readOnce(source, hit.id, signal);
  if (trace.spans.length === 0) return false;
  const text = new TextBuffer();
  writeTrace(trace, text);
  return someText(JSON.parse(Buffer.from(text.view()).toString()), holdsWord(id));
}

function someText(value: unknown, isIn: (text: string) => boolean): boolean {
  if (typeof value === "string") return isIn(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((one) => someText(one, isIn));
}
