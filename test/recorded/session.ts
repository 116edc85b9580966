/** What a running server of a certain version answered while it was asked for everything that it held. */
import { gunzipSync } from "node:zlib";
import * as v from "valibot";

const answer = v.object({
  status: v.number(),
  headers: v.record(v.string(), v.string()),
  text: v.optional(v.string()),
  base64: v.optional(v.string()),
});

/** By request, its answers in their order. */
const answersSchema = v.record(v.string(), v.array(answer));

const session = v.object({
  plugin: v.picklist(["loki", "tempo", "mimir", "grafana"]),
  /** `Tempo 2.8.4`. */
  server: v.string(),
  /** The clock that the export had. ns */
  clock: v.pipe(
    v.string(),
    v.transform((text) => BigInt(text)),
  ),
  /** What had been pushed before: bodies of OTLP or of Loki's push API, lines of `metrics.json`, calls of Grafana's API. */
  pushed: v.array(v.unknown()),
  /** To an export. */
  answers: answersSchema,
  /** To a restore when everything had been removed, and to an export after that. */
  afterwards: v.optional(v.object({ restore: answersSchema, again: answersSchema })),
});

export type Session = v.InferOutput<typeof session>;
export type Answer = v.InferOutput<typeof answer>;
export type Answers = v.InferOutput<typeof answersSchema>;

/** Reads a session from its file, which is compressed. */
export async function readSession(file: string): Promise<Session> {
  return v.parse(session, JSON.parse(gunzipSync(await Bun.file(file).bytes()).toString()));
}

/** A request, whatever the order of its parameters; of a remote read, what it selects. */
export async function keyOf(request: Request): Promise<string> {
  const { pathname, searchParams } = new URL(request.url);
  const type = request.headers.get("content-type") ?? "";
  const body = /form/.test(type) ? new URLSearchParams(await request.clone().text()) : new URLSearchParams();
  if (/protobuf/.test(type))
    body.set("sha256", new Bun.CryptoHasher("sha256").update(await request.clone().bytes()).digest("hex"));
  const all = [...searchParams, ...body].map(([name, value]) => `${name}=${value}`).sort();
  return `${request.method} ${pathname}?${all.join("&")}`;
}

/** Answers as a server did: each request in the order of its answers, then for ever with the last one. */
export function replay(answers: Answers) {
  const unknown: string[] = [];
  const left = new Map(Object.entries(answers).map(([key, all]) => [key, [...all]]));
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const key = await keyOf(request);
      const all = left.get(key);
      const [next] = all ?? [];
      if (all !== undefined && all.length > 1) all.shift();
      if (next !== undefined) return responseOf(next);
      unknown.push(key);
      return new Response("this was not recorded", { status: 404 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    /** Requests that the server was not asked when the session was recorded. */
    unknown,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const responseOf = ({ status, headers, text, base64 }: Answer): Response =>
  new Response(base64 === undefined ? text : Buffer.from(base64, "base64"), { status, headers });
