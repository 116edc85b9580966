/** Answers of remote read as servers give them on a bad day, and what cannot be decoded. */
import { describe, expect, test } from "bun:test";
import { crc32c } from "../../../plugins/mimir/wire/frames.ts";
import type { PluginError } from "../../../src/contract/errors.ts";
import { failure, HOUR_MS, harvest, labels, manySeries, REQUEST, range, START, serveLab } from "./support.ts";

describe("a server that fails", () => {
  test("an error that it appends to a stream that began well", async () => {
    await using lab = serveLab({ limits: { streamErrorAfter: 3 } });
    lab.face.put(manySeries(2, 3));
    const error = await failure(harvest(lab.open(), REQUEST));
    expect(error.kind).toBe("temporary");
    expect(error.message).toBe(
      `${lab.url}: the streamed answer ended with an error: the query hit an internal error: context canceled`,
    );
  });

  const readAnswers: Readonly<Record<string, [() => Response, PluginError["kind"], string]>> = {
    "a login page": [
      () => new Response("<!doctype html><p>Sign in", { headers: { "content-type": "text/html" } }),
      "invalid",
      "a web page",
    ],
    "half a frame": [
      () => streamed(Uint8Array.of(200, 1, 1, 2, 3, 4, 5)),
      "temporary",
      "ended in the middle of a frame",
    ],
    "a frame whose checksum is wrong": [
      () => streamed(Uint8Array.of(2, 0, 0, 0, 0, 8, 1)),
      "temporary",
      "checksum mismatch",
    ],
    "a frame that is no message": [() => streamed(framed(Uint8Array.of(10, 99, 1))), "temporary", "damaged"],
    "samples that do not unpack": [
      () => new Response("nonsense", { headers: { "content-type": "application/x-protobuf" } }),
      "temporary",
      "snappy",
    ],
    "too many requests": [
      () => new Response("slow down", { status: 429, headers: { "retry-after": "7" } }),
      "temporary",
      "429: slow down",
    ],
    "another kind of content": [
      () => new Response("{}", { headers: { "content-type": "application/json" } }),
      "invalid",
      "application/json",
    ],
  };

  test.each(Object.keys(readAnswers))("%s", async (name) => {
    const [answer, kind, words] = readAnswers[name] ?? [];
    let probed = false;
    await using lab = serveLab({}, (request) => {
      if (!request.url.endsWith("/read")) return undefined;
      if (probed) return answer?.();
      probed = true;
      return undefined;
    });
    lab.face.put(manySeries(1, 1));
    const error = await failure(harvest(lab.open(), REQUEST));
    expect(error.kind).toBe(kind ?? "refused");
    expect(error.message).toContain(words ?? "?");
    if (name === "too many requests") expect(error.retryAfterMs).toBe(7_000);
  });
});

test("what a server warns of its own answer is a gap, though its count agrees", async () => {
  await using lab = serveLab({ limits: { remoteRead: "none" } }, async (request) => {
    const body = await request.clone().text();
    if (!body.includes("ms%5D") || body.includes("_over_time")) return undefined;
    const answer = await lab.face.handle(request);
    const whole = await answer.text();
    return new Response(whole.replace(/}$/, ',"warnings":["a store did not answer"]}'));
  });
  lab.face.put(manySeries(1, 1));
  const { problems } = await harvest(lab.open(), { range: range(START, START + HOUR_MS) });
  const incomplete = problems.filter(({ kind }) => kind === "incomplete");
  expect(incomplete).toEqual([
    {
      kind: "incomplete",
      reason: "The server warns: a store did not answer",
      range: range(START, START + HOUR_MS),
    },
  ]);
});

const streamed = (bytes: Uint8Array): Response =>
  new Response(bytes, {
    headers: { "content-type": "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse" },
  });

function framed(payload: Uint8Array): Uint8Array {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(payload));
  return Buffer.concat([Uint8Array.from(varint(payload.length)), checksum, payload]);
}

test("a series without an end, and a block that claims a gigabyte, are more than is held at once", async () => {
  const label = Uint8Array.of(10, 8, ...Buffer.from("__name__"), 18, 1, 0x61);
  // 65,535 samples, a second after one another, of the same value: two bits each.
  const data = [
    0xff,
    0xff,
    ...varint(START * 2),
    ...Array(8).fill(0),
    ...varint(1000),
    ...Array(16_384).fill(0),
  ];
  const chunk = [8, ...varint(START), 16, ...varint(START), 24, 1, 34, ...varint(data.length), ...data];
  const series = [10, label.length, ...label, 18, ...varint(chunk.length), ...chunk];
  const frame = framed(Uint8Array.of(10, ...varint(series.length), ...series));
  const type = { "content-type": "application/x-streamed-protobuf" };
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(frame.slice()) }), {
      headers: type,
    });
  const claiming = () =>
    new Response(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, 0), {
      headers: { "content-type": "application/x-protobuf" },
    });
  for (const answer of [endless, claiming]) {
    await using lab = serveLab({}, (request) => (request.url.endsWith("/read") ? answer() : undefined));
    lab.face.put(manySeries(1, 1));
    const minute = { range: range(START, START + 60_000) };
    const error = await failure(harvest(lab.open(), minute));
    expect([error.kind, error.message]).toEqual([
      "too-large",
      expect.stringContaining("the remote read answer is too large"),
    ]);
  }
});

test("a chunk in an encoding of the future is kept raw, said to be lossy, and owned by one window", async () => {
  const chunk = {
    encoding: 42,
    minTime: START + 5,
    maxTime: START + 2 * HOUR_MS,
    data: Uint8Array.of(9, 9, 9),
  };
  await using lab = serveLab();
  lab.face.store().add({
    labels: labels("future"),
    first: chunk.minTime,
    last: chunk.maxTime,
    points: () => [],
    count: () => 0,
    chunks: () => [chunk],
  });
  const found = await harvest(lab.open(), REQUEST);
  const [line = "", ...more] = found.lines.get("metrics.json") ?? [];
  expect(more).toEqual([]);
  expect(JSON.parse(line).raw).toEqual([
    { encoding: 42, minTime: chunk.minTime, maxTime: chunk.maxTime, data: "CQkJ" },
  ]);
  expect(found.problems.map(({ kind, items }) => [kind, items])).toEqual([
    ["lossy", ['{"__name__":"future"}']],
  ]);
});

test("labels that are no UTF-8 keep their bytes", async () => {
  await using lab = serveLab({}, (request) => {
    if (!request.url.endsWith("/read")) return undefined;
    const label = Uint8Array.of(10, 8, ...Buffer.from("__name__"), 18, 2, 0xff, 0x61);
    const data = Uint8Array.of(0, 1, ...varint(START * 2), 0, 0, 0, 0, 0, 0, 0, 1);
    const chunk = Uint8Array.of(8, ...varint(START), 16, ...varint(START), 24, 1, 34, data.length, ...data);
    const series = Uint8Array.of(10, label.length, ...label, 18, chunk.length, ...chunk);
    return streamed(framed(Uint8Array.of(10, series.length, ...series)));
  });
  const found = await harvest(lab.open(), { range: range(START, START + HOUR_MS) });
  const [line = ""] = found.lines.get("metrics.json") ?? [];
  const { metric, labelBytes, values } = JSON.parse(line);
  expect(metric).toEqual({ __name__: "\ufffda" });
  expect(Buffer.from(labelBytes, "base64").subarray(-2)).toEqual(Buffer.from([0xff, 0x61]));
  expect(values).toEqual([5e-324]);
});

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}
