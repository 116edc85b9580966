/** The lab's Tempo against what a real one said: every recorded exchange, over HTTP. */
import { afterAll, expect, test } from "bun:test";
import recording from "../../recordings/tempo.json";
import { createTempo } from "./index.ts";

interface Exchange {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body?: { readonly text: string };
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: { readonly text?: string; readonly base64?: string };
  };
}

const recordedAt = BigInt(Date.parse(recording.recordedAt)) * 1_000_000n;
const face = createTempo({ now: () => recordedAt });
const api = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => face.handle(request) });
const otlp = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => face.otlp.handle(request) });
afterAll(() => Promise.all([api.stop(true), otlp.stop(true)]));

const pushed = await fetch(new URL(recording.otlpPush.path, otlp.url), {
  method: "POST",
  headers: recording.otlpPush.headers,
  body: JSON.stringify(recording.otlpPush.body),
});

test("what was recorded can be pushed", async () => {
  expect(pushed.status).toBe(recording.otlpPush.status);
  expect(face.size).toBe(15);
});

const send = (base: URL, { request }: Exchange): Promise<Response> =>
  fetch(new URL(request.path, base), {
    method: request.method,
    headers: Object.fromEntries(
      Object.entries(request.headers).filter(([, value]) => value !== undefined),
    ) as Record<string, string>,
    ...(request.body === undefined ? {} : { body: request.body.text }),
  });

/** Statistics and versions are set aside; lists whose order is arbitrary on the real server are sorted. */
function comparable(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const { metrics, version, goVersion, ...rest } = { ...value } as Record<string, unknown>;
  for (const name of ["traces", "scopes", "tagValues", "series"]) {
    const list = rest[name];
    if (Array.isArray(list)) rest[name] = sorted(list.map(withoutOrder));
  }
  return { ...rest, complete: completeness(metrics) };
}

const sorted = (list: readonly unknown[]): unknown[] =>
  list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** A trace that a search found; which of its sets stands first is arbitrary, too. */
function withoutOrder(one: unknown): unknown {
  const { spanSet, spanSets, ...rest } = { ...(one as object) } as Record<string, unknown>;
  return Array.isArray(spanSets) ? { ...rest, spanSets: sorted(spanSets) } : one;
}

/** Of the statistics, whether all jobs were done is part of the answer. */
function completeness(metrics: unknown): unknown {
  if (metrics === undefined || metrics === null) return undefined;
  const { completedJobs = 0, totalJobs = 0 } = { ...metrics } as {
    completedJobs?: number;
    totalJobs?: number;
  };
  return completedJobs === totalJobs;
}

/** Field 2 of TraceByIDResponse is statistics: cut it off the end of the recorded and the lab's bytes. */
function withoutStatistics(bytes: Uint8Array): string {
  const [tag, length = 0] = bytes.slice(-6, -4);
  const end = tag === 0x12 && length === 4 ? -6 : undefined;
  return Buffer.from(bytes.slice(0, end)).toString("base64");
}

async function compare(exchange: Exchange, base: URL): Promise<void> {
  const answer = await send(base, exchange);
  const { status, headers, body } = exchange.response;
  expect(answer.status).toBe(status);
  if (headers["content-type"] !== undefined) {
    expect(answer.headers.get("content-type")?.split(";")[0]).toBe(
      headers["content-type"].split(";")[0] ?? "",
    );
  }
  if (body.base64 !== undefined) {
    const recorded = Buffer.from(body.base64, "base64");
    expect(withoutStatistics(await answer.bytes())).toBe(withoutStatistics(recorded));
  } else if (headers["content-type"]?.startsWith("application/json")) {
    expect(comparable(await answer.json())).toEqual(comparable(JSON.parse(body.text ?? "")));
  } else {
    expect(await answer.text()).toBe(body.text ?? "");
  }
}

const exchanges: readonly Exchange[] = recording.exchanges;
/** Compared by parts, or by those who read it. */
const APART = ["config", "querier: every span, protobuf"];
test.each(exchanges.filter(({ name }) => !APART.includes(name)).map((one) => [one.name, one] as const))(
  "as recorded: %s",
  (_, exchange) => compare(exchange, api.url),
);

const errors: readonly Exchange[] = recording.otlpErrors;
test.each(errors.map((one) => [one.name, one] as const))("as recorded: %s", (_, exchange) =>
  compare(exchange, otlp.url),
);

test("the configuration has the recorded form where it matters", async () => {
  const recorded = exchanges.find(({ name }) => name === "config")?.response.body.text ?? "";
  const own = await (await fetch(new URL("/status/config", api.url))).text();
  expect(own.split("\n").slice(0, 2)).toEqual(recorded.split("\n").slice(0, 2));
  for (const setting of [
    "max_result_limit: 262144",
    "block_retention: 336h0m0s",
    "max_attribute_bytes: 2048",
  ]) {
    expect(recorded).toContain(setting);
    expect(own).toContain(setting);
  }
  expect(own.match(/ingestion_time_range_slack: 200h0m0s/g)?.length).toBe(
    recorded.match(/ingestion_time_range_slack: 200h0m0s/g)?.length,
  );
});
