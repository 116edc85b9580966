/** What Loki answers when it is old, proxied, half gone, or holds what is no text: said, or refused with what is wrong. */
import { expect, test } from "bun:test";
import type { FaultOptions } from "../../../src/conformance/faults.ts";
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { entriesFrom, failure, HOUR, harvest, NOW, put, SECOND, stage, streamsOf } from "./support.ts";

/** A Loki with thirty lines whose queries come back with this fault. */
function answering(fault: Omit<FaultOptions, "path">) {
  const here = stage();
  put(here.face, { app: "web" }, entriesFrom(NOW - HOUR, 30, SECOND));
  here.faults.add({ ...fault, path: "query_range" });
  return here;
}

test.each([
  ["page", "invalid"],
  ["half", "temporary"],
  ["cut", "temporary"],
  ["empty", "temporary"],
] as const)("an answer that is a %s is %s, and nothing is kept of it", async (kind, expected) => {
  await using here = answering({ kind });
  const error = await failure(harvest(here.backend));
  expect(error).toMatchObject({ kind: expected });
});

test.each([
  ['{"status":"success","data":{"resultType":"matrix","result":[]}}', /resultType is "matrix"/],
  [
    '{"status":"success","data":{"resultType":"streams","result":[{"stream":{"a":1},"values":[]}]}}',
    /labels/,
  ],
  [
    '{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[[1,"x"]]}]}}',
    /at byte 85/,
  ],
  [
    `{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["${NOW - 1n}","x",{"parsed":{"a":"b"}}]]}]}}`,
    /parsed labels/,
  ],
  [
    `{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["${NOW - 1n}","x"],["${NOW - 2n}","x"]]}]}}`,
    /out of order/,
  ],
  [
    '{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["1","x"]]}]}}',
    /out of order, or outside/,
  ],
  [
    `{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["${NOW - 1n}","raw\ttab"]]}]}}`,
    /not as expected at byte/,
  ],
  [
    `{"status":"success","data":{"resultType":"streams","result":[{"stream":{},"values":[["${NOW - 1n}","\\x"]]}]}}`,
    /not as expected at byte/,
  ],
])("an answer of another shape is refused with what is wrong: %#", async (body, reason) => {
  await using here = answering({ kind: "status", status: 200, body });
  expect(harvest(here.backend)).rejects.toThrow(reason);
});

test("what Loki warns of its answer is a problem of the export", async () => {
  const body = `{"status":"success","warnings":["partial results"],"data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[]}}`;
  await using here = answering({ kind: "status", status: 200, body, times: 1 });
  const found = await harvest(here.backend);
  expect(found.problems).toMatchObject([{ kind: "incomplete", reason: "Loki warns: partial results" }]);
});

test("a Loki that does not know categorize-labels is read all the same, and the loss is named", async () => {
  await using here = stage({ categorizes: false, options: { pageSize: 5 } });
  for (const app of ["a", "b", "c"]) {
    const entries = entriesFrom(NOW - HOUR, 20, SECOND).map((one, index) => ({
      ...one,
      metadata: { trace_id: `${index % 7}` },
    }));
    put(here.face, { app }, entries);
  }
  const found = await harvest(here.backend);
  expect(found.counts).toEqual({ entries: 60 });
  expect(new Set(found.problems.map(({ kind }) => kind))).toEqual(new Set(["lossy"]));
  expect(found.problems[0]?.reason).toContain("structured metadata");
  const { stream } = streamsOf(found)[0] ?? {};
  expect(stream).toHaveProperty("trace_id");
});

test("a nanosecond full of entries, on a Loki that does not know categorize-labels", async () => {
  await using here = stage({ categorizes: false, limits: { max_entries_limit_per_query: 10 } });
  const time = NOW - HOUR;
  for (const app of ["a", "b"]) {
    const entries = Array.from({ length: 35 }, (_, index) => ({
      time,
      line: `${index}`,
      metadata: { id: `${index}` },
    }));
    put(here.face, { app }, entries);
  }
  expect((await harvest(here.backend)).counts).toEqual({ entries: 70 });
});

test("a line that is no text loses those bytes, and that is said; a stored U+FFFD is not such a loss", async () => {
  await using here = stage();
  put(here.face, { app: "web" }, [{ time: NOW - HOUR, line: "a real \ufffd, and \\ufffd in letters" }]);
  expect((await harvest(here.backend)).problems).toEqual([]);
  expect((await pushBytes(here.url, Buffer.from([0x63, 0xff, 0xfe, 0x64]))).status).toBe(204);
  const found = await harvest(here.backend);
  expect(found.counts).toEqual({ entries: 2 });
  expect(found.problems).toMatchObject([
    { kind: "lossy", reason: expect.stringContaining("not valid UTF-8") },
  ]);
});

/** A push in protobuf, whose lines need not be text: `{app="bytes"}`, one entry, in a snappy block of one literal. */
function pushBytes(url: string, line: Uint8Array): Promise<Response> {
  const body = new ProtobufWriter()
    .message(1, (stream) =>
      stream
        .string(1, '{app="bytes"}')
        .message(2, (entry) =>
          entry.message(1, (time) => time.varint(1, (NOW - HOUR) / SECOND)).blob(2, line),
        ),
    )
    .finish();
  const block = Buffer.from([body.length, (body.length - 1) << 2, ...body]);
  return fetch(`${url}/loki/api/v1/push`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: block,
  });
}
