/** A server of numbered pages and a backend that reads it: right in everything, and easy to break in one thing. */
import { definePlugin, given, halves, option, PluginError, v } from "../../src/contract/contextcore.ts";
import type { Backend, Context, Cursor, Step } from "../../src/contract/contract.ts";
import type { Range } from "../../src/units/range.ts";

const PAGE = v.object({ from: v.number(), lines: v.array(v.string()), more: v.boolean() });

export interface PageServer extends Disposable {
  readonly url: string;
  readonly lines: string[];
}

/** `GET /lines?from=N` gives five lines, or as many as `size` says, `GET /all` all of them, `POST /erase` takes some away, `GET /count` how many there are, of a range and with a word where these are given, `POST /lines` adds those that are new. */
export function servePages(first: readonly string[]): PageServer {
  const lines = [...first];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/erase") {
        const gone = v.parse(v.array(v.string()), await request.json());
        const before = lines.length;
        lines.splice(0, before, ...lines.filter((line) => !gone.includes(line)));
        return Response.json({ erased: before - lines.length });
      }
      if (pathname === "/all") return Response.json(lines);
      const [since, until] = [searchParams.get("since") ?? "0", searchParams.get("until") ?? "1000"];
      const range = { from: BigInt(since), to: BigInt(until) };
      const match = searchParams.get("match") ?? "";
      const inside = lines.filter((line) => isWithin(line, range) && line.includes(match));
      if (pathname === "/count") return Response.json({ count: inside.length });
      if (request.method === "POST") {
        for (const line of v.parse(v.array(v.string()), await request.json()))
          if (!lines.includes(line)) lines.push(line);
        return Response.json({});
      }
      const from = Number(searchParams.get("from"));
      const to = from + Number(searchParams.get("size") ?? 5);
      return Response.json({ from, lines: inside.slice(from, to), more: to < inside.length });
    },
  });
  return {
    url: server.url.origin,
    lines,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** The time of a line: 40 ns after the one before, by the number in it. */
const timeOf = (line: string): bigint => 40n * BigInt(/\d+/.exec(line)?.[0] ?? 0);

const isWithin = (line: string, { from, to }: Range): boolean => timeOf(line) >= from && timeOf(line) < to;

const WHOLE: Range = { from: 0n, to: 1_000n };

const options = v.object({ ...option.serverOptions("http://127.0.0.1:1") });
export type PagesContext = Context<v.InferOutput<typeof options>>;

export function pagesBackend({ http }: PagesContext): Backend {
  const count = async (signal: AbortSignal, { from, to } = WHOLE, match = ""): Promise<number> => {
    const query = { since: from, until: to, match };
    return (await http.json(v.object({ count: v.number() }), { path: "/count", query, signal })).count;
  };
  return {
    inventory: async (signal) => ({
      signals: ["logs"],
      importance: "low",
      oldest: 0n,
      newest: 1_000n,
      counts: { lines: await count(signal) },
    }),
    size: async (signal) => ({
      bytes: 100 * (await count(signal)),
      source: "estimate",
      how: "100 bytes a line",
    }),
    count: async ({ range, match }, signal) => ({ lines: await count(signal, range, match) }),
    splitCount: async (request) =>
      given({ requests: halves(request.range)?.map((range) => ({ ...request, range })) }),
    limits: async () => [{ setting: "page_size", value: "5" }],
    export: {
      heeds: ["match"],
      start: async ({ range: { from, to }, match = "" }) => ({
        cursors: [{ from: 0, since: `${from}`, until: `${to}`, match }],
      }),
      step: (cursor, signal) => readPage(http, cursor, signal),
      split: async ({ from, size = 5, last = false, ...rest }) => {
        const [first, half] = [Number(from), Number(size) >> 1];
        if (half === 0) return { items: [`line ${first}`] };
        const second = { ...rest, from: first + half, size: Number(size) - half, last };
        return { cursors: [{ ...rest, from: first, size: half, last: true }, second] };
      },
    },
    async *find({ id }, signal) {
      const all = await http.json(v.array(v.string()), { path: "/all", signal });
      const isTheirs = new RegExp(`(?<!\\w)${RegExp.escape(id)}(?!\\w)`);
      for (const line of all.filter((one) => isTheirs.test(one)))
        yield { unit: "lines", count: 1, where: "a line", reference: line };
    },
    async erase({ found }, signal) {
      const gone = found.map(({ reference }) => reference);
      await http.send({ method: "POST", path: "/erase", json: gone, signal });
      return { outcomes: found.map(() => ({ state: "erased", count: 1 })) };
    },
    restore: {
      matcher: (match) => (line) => (line.includes(match) ? line : undefined),
      preflight: async () => [],
      async apply({ lines, range }, signal) {
        const json = lines.map((line) => v.parse(v.string(), JSON.parse(line)));
        const inside = json.filter((line) => isWithin(line, range));
        await http.send({ method: "POST", path: "/lines", json: inside, signal });
        return { written: { lines: inside.length } };
      },
    },
  };
}

export async function readPage(
  http: PagesContext["http"],
  cursor: Cursor,
  signal: AbortSignal,
): Promise<Step> {
  const { from, size = 5, last = false, since = "0", until = "1000", match = "" } = cursor;
  const window = { since: String(since), until: String(until), match: String(match) };
  const query = { from: Number(from), size: Number(size), ...window };
  const page = await http.json(PAGE, { path: "/lines", query, signal });
  if (page.from !== cursor.from) throw new PluginError("invalid", "acme/pages: that is another page");
  const text = page.lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const times = page.lines.map(timeOf).sort((a, b) => Number(a - b));
  return {
    records:
      page.lines.length === 0
        ? []
        : [
            {
              file: "acme/pages/lines.jsonl",
              text,
              lines: page.lines.length,
              from: times.at(0) ?? BigInt(String(since)),
              to: (times.at(-1) ?? BigInt(String(since))) + 1n,
              counts: { lines: page.lines.length },
            },
          ],
    next: page.more && !last ? [{ ...cursor, from: page.from + Number(size) }] : [],
  };
}

/** The plugin, with parts of its backend replaced. */
export const pagesPlugin = (change: (backend: Backend, context: PagesContext) => object = () => ({})) =>
  definePlugin({
    name: "acme/pages",
    about: "Numbered pages",
    options,
    backend: (context) => {
      const backend = pagesBackend(context);
      return { ...backend, ...change(backend, context) };
    },
  });
