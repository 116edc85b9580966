/** Spans over HTTP, as any sender of OpenTelemetry sends them. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { ProtobufReader, ProtobufWriter } from "../../src/contract/contextcore.ts";
import { ACTIVITY_LIST } from "../../src/results/activity.ts";
import { toOtlpProtobuf } from "../activity/otlp/protobuf.ts";
import { request, span } from "../activity/otlp/spans.ts";
import { parsedAs } from "../support/printed.ts";
import { quietProject, type StartedService, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

let service: StartedService;
let [ingest, viewer] = ["", ""];

beforeAll(async () => {
  const cwd = quietProject();
  service = await startService(cwd);
  ingest = await tokenFor(cwd, "agent", "ingest");
  viewer = await tokenFor(cwd, "reader", "viewer");
}, 60_000);

type Body = string | Uint8Array<ArrayBuffer>;
type Headers = Readonly<Record<string, string>>;
const JSON_TYPE = { "Content-Type": "application/json" };
const PROTOBUF_TYPE = { "Content-Type": "application/x-protobuf" };

const send = (body: Body, headers: Headers, token: Headers = { "X-Contextcore-Token": ingest }) =>
  fetch(`${service.url}/v1/traces`, { method: "POST", body, headers: { ...headers, ...token } });

const chat = (user: string, parts = {}) =>
  span({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "small", "user.id": user }, parts);

async function listed(user: string, count = 1) {
  for (let left = 200; ; left -= 1) {
    const answer = await service.ask(`/api/v1/activity/runs?user=${user}`);
    const { runs } = parsedAs(ACTIVITY_LIST, await answer.text());
    if (runs.length >= count || left === 0) return runs;
    await Bun.sleep(20);
  }
}

const bytesOf = async (answer: Response): Promise<Uint8Array> => new Uint8Array(await answer.arrayBuffer());

/** The code and the message of a `google.rpc.Status`. */
function statusIn(bytes: Uint8Array) {
  const [reader, status] = [new ProtobufReader(bytes), { code: 0, message: "" }];
  while (reader.next()) {
    if (reader.field === 1) status.code = reader.uint32();
    else if (reader.field === 2) status.message = reader.string();
    else reader.skip();
  }
  return status;
}

test.each<[string, (body: object) => Body, Headers]>([
  ["json", (body) => JSON.stringify(body), JSON_TYPE],
  ["json-packed", (body) => gzipSync(JSON.stringify(body)), { ...JSON_TYPE, "Content-Encoding": "gzip" }],
  ["protobuf", (body) => toOtlpProtobuf(body), PROTOBUF_TYPE],
  [
    "protobuf-packed",
    (body) => gzipSync(toOtlpProtobuf(body)),
    { ...PROTOBUF_TYPE, "Content-Encoding": "gzip" },
  ],
])("runs are taken in as %s, and the answer is of the same kind", async (user, encoded, headers) => {
  const answer = await send(encoded(request([chat(user), span({ "http.request.method": "GET" })])), headers);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe(headers["Content-Type"] ?? "");
  expect(await bytesOf(answer)).toEqual(
    new TextEncoder().encode(headers === JSON_TYPE || user.startsWith("json") ? "{}" : ""),
  );
  expect(await listed(user)).toEqual([
    expect.objectContaining({ source: "otlp", modelAsked: "small", user }),
  ]);
});

test("spans without ids are rejected, and how many is said", async () => {
  const body = request([chat("partly"), chat("partly", { spanId: "" }), chat("partly", { traceId: "x" })]);
  const asJson = await send(JSON.stringify(body), JSON_TYPE);
  expect(await asJson.json()).toEqual({
    partialSuccess: { rejectedSpans: "2", errorMessage: expect.stringContaining("ids") },
  });
  const reader = new ProtobufReader(await bytesOf(await send(toOtlpProtobuf(body), PROTOBUF_TYPE)));
  expect([reader.next(), reader.field]).toEqual([true, 1]);
  const partial = reader.message();
  expect([partial.next(), partial.field, partial.uint32()]).toEqual([true, 1, 2]);
  expect(await listed("partly")).toHaveLength(1);
});

const nested = (levels: number): Body => {
  const value = (left: number, writer: ProtobufWriter): void => {
    if (left === 0) writer.string(1, "x");
    else writer.message(5, (list) => list.message(1, (one) => value(left - 1, one)));
  };
  const writer = new ProtobufWriter().message(1, (resources) =>
    resources.message(2, (scopes) =>
      scopes.message(2, (one) =>
        one.message(9, (pair) => pair.string(1, "k").message(2, (writer) => value(levels, writer))),
      ),
    ),
  );
  return new Uint8Array(writer.finish());
};

/** A mebibyte of nothing becomes a kibibyte. */
const bomb = gzipSync(new Uint8Array(64 << 20));
const many = new Uint8Array(5 << 20).fill(0).map((_, at) => (at % 2 === 0 ? 0x0a : 0x00));

test.each<[string, Body, Headers, number, number]>([
  ["broken", Buffer.from("0aff", "hex"), PROTOBUF_TYPE, 400, 3],
  ["cut", toOtlpProtobuf(request([chat("cut")])).subarray(0, 60), PROTOBUF_TYPE, 400, 3],
  ["of an unknown wire type", Buffer.from("0b0c", "hex"), PROTOBUF_TYPE, 400, 3],
  ["nested without end", nested(1_000), PROTOBUF_TYPE, 400, 3],
  ["of very many messages", many, PROTOBUF_TYPE, 400, 3],
  ["not packed as it says", "plain", { ...PROTOBUF_TYPE, "Content-Encoding": "gzip" }, 400, 3],
  ["large once it is unpacked", bomb, { ...PROTOBUF_TYPE, "Content-Encoding": "gzip" }, 413, 8],
  ["large", new Uint8Array(33 << 20), PROTOBUF_TYPE, 413, 8],
  ["packed in an unknown way", "x", { ...PROTOBUF_TYPE, "Content-Encoding": "br" }, 415, 2],
  ["of gRPC", "x", { "Content-Type": "application/grpc" }, 415, 2],
  ["no JSON", "{", JSON_TYPE, 400, 3],
  ["JSON, nested without end", `${"[".repeat(200_000)}`, JSON_TYPE, 400, 3],
  [
    "JSON, with a number without end",
    JSON.stringify(request([chat("x", { startTimeUnixNano: "9".repeat(2_000_000) })])),
    JSON_TYPE,
    400,
    3,
  ],
])("a body that is %s is refused in the sender's own encoding", async (_, body, headers, status, code) => {
  const answer = await send(body, headers);
  expect(answer.status).toBe(status);
  const isJson = headers["Content-Type"] === "application/json";
  expect(answer.headers.get("content-type")).toBe(isJson ? "application/json" : "application/x-protobuf");
  const said = isJson ? await answer.json() : statusIn(await bytesOf(answer));
  expect(said).toEqual({ code, message: expect.stringMatching(/./) });
});

test("what is no OTLP at all holds no runs, and is no failure", async () => {
  for (const body of ["{}", '{"resourceSpans":null}', '{"resourceSpans":[1,null,[]]}', "[]", "null"])
    expect((await send(body, JSON_TYPE)).status, body).toBe(200);
  expect((await send("", PROTOBUF_TYPE)).status).toBe(200);
});

test.each<[string, () => Headers, number]>([
  ["nothing", () => ({}), 401],
  ["a wrong token", () => ({ Authorization: "Bearer wrong" }), 401],
  ["a token that may only look", () => ({ Authorization: `Bearer ${viewer}` }), 403],
  [
    "a foreign page's origin",
    () => ({ Authorization: `Bearer ${ingest}`, Origin: "https://evil.example" }),
    403,
  ],
  ["a token, as the bearer", () => ({ Authorization: `Bearer ${ingest}` }), 200],
  ["a token in a header of its own", () => ({ "X-Contextcore-Token": ingest }), 200],
  [
    "a token beside somebody else's",
    () => ({ Authorization: "Basic eDp5", "X-Contextcore-Token": ingest }),
    200,
  ],
  ["an admin's", () => ({ "X-Contextcore-Token": service.admin }), 200],
])("who shows %s is answered %#", async (_, token, status) => {
  const answer = await send("{}", JSON_TYPE, token());
  expect(answer.status).toBe(status);
  if (status !== 200)
    expect(await answer.json()).toEqual({ code: status === 401 ? 16 : 7, message: expect.any(String) });
});

test("only POST is for spans, and only below their own path", async () => {
  const headers = { "X-Contextcore-Token": ingest };
  expect((await fetch(`${service.url}/v1/traces`, { headers })).status).toBe(405);
  for (const path of ["/v1/traces/more", "/v1/tracesx", "/v1/logs"])
    expect((await fetch(`${service.url}${path}`, { method: "POST", headers })).status, path).toBe(404);
});

test("what became of spans is a metric", async () => {
  await send(
    JSON.stringify(request([chat("counted"), chat("counted", { spanId: "" }), span({})])),
    JSON_TYPE,
  );
  const text = await (await service.ask("/metrics")).text();
  for (const outcome of ["run", "left", "rejected"])
    expect(text).toMatch(new RegExp(`contextcore_activity_spans_total\\{outcome="${outcome}"\\} [1-9]`));
});

test("a refusal of a credential is told", async () => {
  await send("{}", JSON_TYPE, { Authorization: `Bearer ${viewer}` });
  expect(service.log()).toContain("/v1/traces");
  expect(service.log()).not.toContain(viewer);
});
