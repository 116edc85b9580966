/**
 * A backend for a server that stores events and returns them in pages over HTTP.
 * Turn it step by step into a backend for your server, and `lab.ts` with it: that is the server which `contextcore plugin
 * check` runs this backend against, with faults in front of it.
 */
import {
  type Counts,
  type Cursor,
  definePlugin,
  fromRfc3339,
  type HttpClient,
  openObject,
  option,
  PluginError,
  type Range,
  type Step,
  toRfc3339,
  v,
} from "contextcore";

/** Every answer is checked against a schema: a wrong one is reported as the server's fault. */
const TIME = v.pipe(v.string(), v.isoTimestamp());
const EVENT = openObject({ id: v.number(), time: TIME });
const PAGE = v.object({ events: v.array(EVENT), more: v.boolean() });
const STATS = v.object({
  events: v.number(),
  bytes: v.number(),
  oldest: v.optional(TIME),
  newest: v.optional(TIME),
});
const COUNT = v.object({ events: v.number() });

export default definePlugin({
  name: "vendor/name",
  about: "A server of events",
  version: "0.1.0",
  signals: ["logs"],
  importance: "medium",
  options: v.object({
    ...option.serverOptions("http://localhost:8080"),
    pageSize: option.integer("Events in one answer", 1000, { min: 1, max: 10_000 }),
  }),
  // The HTTP client is bound to the options `url`, `token` and so on. It never retries, reveals no secrets and throws
  // classified errors, which tell the engine what to do.
  backend: ({ options: { pageSize }, http }) => ({
    async inventory(signal) {
      const { events, oldest, newest } = await http.json(STATS, { path: "/stats", signal });
      const times =
        oldest === undefined || newest === undefined
          ? {}
          : { oldest: fromRfc3339(oldest), newest: fromRfc3339(newest) };
      return { signals: ["logs"], counts: { events }, ...times };
    },

    async size(signal) {
      const { bytes } = await http.json(STATS, { path: "/stats", signal });
      return { bytes, source: "api" };
    },

    /** Asks a different endpoint than the export, so that the two can be compared. */
    async count({ range }, signal): Promise<Counts> {
      return http.json(COUNT, { path: "/count", query: windowOf(range), signal });
    },

    export: {
      /**
       * One cursor. A cursor is plain JSON: it is stored in the snapshot, and `--resume` continues from it. `from` and `to`, ns
       * as decimal strings, tell the engine which time is missing if the cursor fails.
       */
      async start({ range }) {
        return { cursors: [{ from: String(range.from), to: String(range.to), after: 0 }] };
      },
      step: (cursor, signal) => readPage(http, cursor, pageSize, signal),
    },

    restore: {
      /** What would get in the way of a restore, checked before anything is written: nothing here. */
      preflight: async () => [],
      /** The server identifies an event by its id, so a batch may be applied twice. */
      async apply({ lines, range }, signal) {
        // A batch holds whole lines of the snapshot: of these, `restore --from --to` wants what lies in the range.
        const events = lines.map((line) => v.parse(EVENT, JSON.parse(line))).filter(isWithin(range));
        await http.send({ method: "POST", path: "/events", json: events, signal });
        return { written: { events: events.length } };
      },
    },
  }),
});

/** Reads the page after the cursor's event, and returns the next cursor. */
async function readPage(
  http: HttpClient,
  cursor: Cursor,
  pageSize: number,
  signal: AbortSignal,
): Promise<Step> {
  const { range, after } = readCursor(cursor);
  const query = { ...windowOf(range), after, limit: pageSize };
  const { events, more } = await http.json(PAGE, { path: "/events", query, signal });
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return {};
  // Otherwise a server that repeats the same page would be read for ever.
  if (first.id <= after) throw new PluginError("invalid", `the page after ${after} begins with ${first.id}`);
  const times = events.map(({ time }) => fromRfc3339(time)).sort(byValue);
  const records = {
    file: "vendor/name/events.jsonl",
    text: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
    lines: events.length,
    from: times[0] ?? 0n,
    to: (times.at(-1) ?? 0n) + 1n,
    counts: { events: events.length },
  };
  return { records: [records], next: more ? [{ ...cursor, after: last.id }] : [] };
}

const windowOf = ({ from, to }: Range) => ({ from: toRfc3339(from), to: toRfc3339(to) });

const isWithin =
  ({ from, to }: Range) =>
  ({ time }: { time: string }): boolean =>
    fromRfc3339(time) >= from && fromRfc3339(time) < to;

function readCursor({ from, to, after }: Cursor): { range: Range; after: number } {
  if (typeof from !== "string" || typeof to !== "string" || typeof after !== "number")
    throw new PluginError("invalid", "not a cursor of ours");
  return { range: { from: BigInt(from), to: BigInt(to) }, after };
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
