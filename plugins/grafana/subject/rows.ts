/** All annotations of a time, each once, with the number by which Grafana knows it. */
import { halves, NS_PER_MS, PluginError, type Range, v } from "contextcore";
import { readAnnotationRows } from "../annotations.ts";
import type { Server } from "../server.ts";
import type { Said } from "./places.ts";

const schema = v.object({
  id: v.number(),
  /** ms */
  time: v.number(),
  timeEnd: v.optional(v.number(), 0),
  text: v.optional(v.string(), ""),
  tags: v.optional(v.nullable(v.array(v.string()))),
});

/** An annotation as it is there now. */
export interface Row extends Said {
  readonly id: number;
  /** ms */
  readonly time: number;
  readonly end: number;
}

interface Window extends Range {
  readonly limit: number;
}

const PAGE = 5_000;
const MOST = 80_000;

/** Reads them. @throws PluginError `too-large` when there are more at one time than Grafana can be asked for */
export async function* annotationRows(server: Server, range: Range): AsyncGenerator<Row> {
  const met = new Set<number>();
  const waiting: Window[] = [{ ...range, limit: PAGE }];
  for (let window = waiting.pop(); window !== undefined; window = waiting.pop()) {
    server.signal.throwIfAborted();
    const { found, isFull } = await readAnnotationRows(server, schema, {
      range: window,
      limit: window.limit,
    });
    if (isFull)
      waiting.push(
        ...narrower(
          window,
          found.map(({ time }) => time),
        ),
      );
    else
      for (const row of found) {
        if (met.has(row.id)) continue;
        met.add(row.id);
        yield rowOf(row);
      }
  }
}

const rowOf = ({ id, time, timeEnd, text, tags }: v.InferOutput<typeof schema>): Row => ({
  ...{ id, time, text, end: Math.max(time, timeEnd), tags: tags ?? [] },
});

/** Halves it, unless most of what is in it began before, which is in both halves. @param begins ms */
function narrower(window: Window, begins: readonly number[]): Window[] {
  const { limit } = window;
  const within = begins.filter((ms) => BigInt(ms) * NS_PER_MS >= window.from).length;
  const parts = within * 2 >= limit ? halves(window, NS_PER_MS) : undefined;
  if (parts !== undefined) return parts.map((part) => ({ ...part, limit })).reverse();
  if (limit < MOST) return [{ ...window, limit: limit * 2 }];
  throw new PluginError(
    "too-large",
    `grafana: more than ${limit} annotations are of one moment, and Grafana has no way to ask for the rest`,
  );
}
