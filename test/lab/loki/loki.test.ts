/** The lab's Loki against what the real one was recorded to answer. */
import { afterAll, expect, test } from "bun:test";
import { parse } from "yaml";
import recording from "../../recordings/loki.json";
import { createLoki } from "./index.ts";
import { configYaml } from "./limits.ts";

/** The recorded server's clock when it judged the pushes, from the times in its refusals; later for the delete request. */
let now = 1_795_195_250_335_000_000n;
const DELETED_AT = 1_795_195_252_116_000_000n;

const face = createLoki({ now: () => now });
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => face.handle(request) });
afterAll(() => server.stop(true));

/** A body that the recording leaves out because of its length. */
const OMITTED: Readonly<Record<string, string>> = {
  "push: line too long": JSON.stringify({
    streams: [{ stream: { app: "long" }, values: [["1795193462000000000", "y".repeat(307_200)]] }],
  }),
};

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: { readonly text?: string; readonly omitted?: string };
}

function send(name: string, { method, path, headers, body }: RecordedRequest): Promise<Response> {
  const text = body?.text ?? OMITTED[name];
  const sent = Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: sent,
    ...(text === undefined ? {} : { body: text }),
  });
}

/** Sets aside statistics and ids, and puts into one order what the real server gives in any. */
function normalised(name: string, text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  const body = JSON.parse(text);
  if (body.data?.stats !== undefined) delete body.data.stats;
  if (name.startsWith("series")) body.data.sort(byText);
  if (name === "delete: list") for (const one of body) one.request_id = "an id";
  return body;
}

/** Version and configuration are the server's own: of these, the names must be the real ones. */
const COMPARED: Readonly<Record<string, (text: string) => unknown>> = {
  buildinfo: (text) => Object.keys(JSON.parse(text)),
  config: (text) => [...paths(parse(text))].filter((path) => ours.has(path)).sort(),
};

function* paths(value: unknown, at = ""): Iterable<string> {
  if (at !== "") yield at;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [name, inner] of Object.entries(value)) yield* paths(inner, `${at}/${name}`);
}

const ours = new Set(paths(parse(configYaml(face.limits))));

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

for (const { name, request, response } of recording.exchanges) {
  test(`recorded: ${name}`, async () => {
    if (name.startsWith("delete:")) now = DELETED_AT;
    const answer = await send(name, request);
    const text = await answer.text();
    expect(answer.status).toBe(response.status);
    expect(answer.headers.get("content-type")).toBe(response.headers["content-type"] ?? null);
    const compared = COMPARED[name] ?? ((body: string) => normalised(name, body));
    expect(compared(text)).toEqual(compared(response.body.text));
  });
}

test("an answer is gzipped when it was asked for, and only then", async () => {
  const query = encodeURIComponent('{app=~".+"}');
  const path = `/loki/api/v1/query_range?query=${query}&start=${recording.epochNs}&end=1795194600000000000`;
  const url = `http://127.0.0.1:${server.port}${path}`;
  const zipped = await fetch(url, { headers: { "accept-encoding": "gzip" }, decompress: false });
  expect(zipped.headers.get("content-encoding")).toBe("gzip");
  const plain = await fetch(url, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
});

test("five million made-up lines take no memory, and a page of them comes at once", async () => {
  const big = createLoki({ now: () => now });
  const start = now - 3_600_000_000_000n;
  const length = 5_000_000;
  big.addStream(
    { app: "big" },
    {
      length,
      time: (index) => start + BigInt(index) * 500_000n,
      line: (index) => `line ${index}`,
    },
  );
  const from = start + 2_000_000_000_000n;
  const page = await big.handle(
    new Request(
      `http://loki/loki/api/v1/query_range?query={app="big"}&limit=3&direction=forward&start=${from}&end=${now}`,
    ),
  );
  const values = [4_000_000, 4_000_001, 4_000_002].map((index) => [expect.any(String), `line ${index}`]);
  expect(await page.json()).toMatchObject({ data: { result: [{ values }] } });
  // The range excludes its start, where the first line lies.
  const counted = await big.handle(
    new Request(`http://loki/loki/api/v1/query?query=sum(count_over_time({app="big"}[1h]))&time=${now}`),
  );
  expect(await counted.json()).toMatchObject({
    data: { result: [{ value: [expect.any(Number), String(length - 1)] }] },
  });
});

test("metadata that has the name of a label, or of an error, is shown as the source has it", async () => {
  const loki = createLoki({ now: () => now });
  const time = now - 1_000_000_000n;
  const metadata = [
    ["app", "pod"],
    ["__error__", "E"],
    ["plain", "p"],
    ["empty", ""],
  ] as const;
  loki.push([{ labels: [["app", "web"]], entries: [{ time, line: "x", metadata }] }]);
  const ask = (path: string): Promise<Response> =>
    loki.handle(
      new Request(`http://loki${path}&start=${time}&end=${now}&time=${now}`, {
        headers: { "x-loki-response-encoding-flags": "categorize-labels" },
      }),
    );
  const page = await (await ask('/loki/api/v1/query_range?query={app="web"}')).json();
  expect(page).toHaveProperty("data.result", [
    {
      stream: { app: "web", service_name: "web" },
      values: [
        [
          `${time}`,
          "x",
          {
            structuredMetadata: { app_extracted: "pod", detected_level: "unknown", plain: "p" },
            parsed: { __error__: "E" },
          },
        ],
      ],
    },
  ]);
  const counted = (stage: string): Promise<Response> =>
    ask(`/loki/api/v1/query?query=sum(count_over_time({app="web"}${stage}[1h]))`);
  const refused = await counted("");
  expect(refused.status).toBe(400);
  expect(await refused.text()).toStartWith('pipeline error: \'E\' for series: \'{__error__="E", app="web"');
  expect(await (await counted(" | drop __error__, __error_details__")).json()).toMatchObject({
    data: { result: [{ value: [expect.any(Number), "1"] }] },
  });
});
