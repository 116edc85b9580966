/** Loki as a place for audit events: few labels, the event's own line, and a witness of the trail's end. */
import { expect, test } from "bun:test";
import type { AuditRecord } from "../../../src/contract/contract.ts";
import { HOUR, harvest, heldBy, MINUTE, NOW, never, openSink, SECOND, stage, streamsOf } from "./support.ts";

function event(seq: number, time: bigint, over: Partial<AuditRecord> = {}): AuditRecord {
  const timestamp = new Date(Number(time / 1_000_000n)).toISOString();
  const hash = Bun.hash(`${seq}`).toString(16).padStart(64, "0");
  const fields = {
    id: `id-${seq}`,
    seq,
    timestamp,
    operation: "export",
    outcome: "success",
    user: "ada",
    host: "h",
    project: "shop",
  };
  const record = { ...fields, ...over };
  return { ...record, line: JSON.stringify({ ...record, details: {}, prev_hash: "0", hash }) };
}

const hashOf = ({ line }: AuditRecord): string => JSON.parse(line).hash;

test("an event becomes its own line, with constant labels and its own time", async () => {
  await using here = stage();
  const sink = openSink({ url: here.url });
  const one = event(1, NOW - MINUTE, { operation: "destroy", outcome: "started" });
  await sink.deliver(one, never);
  await sink.deliver(one, never);
  const [stream, ...others] = streamsOf(await harvest(here.backend));
  expect(others).toEqual([]);
  expect(stream?.stream).toEqual({
    app: "contextcore",
    operation: "destroy",
    outcome: "started",
    host: "h",
    service_name: "contextcore",
  });
  expect(stream?.values).toEqual([[String(NOW - MINUTE), one.line, expect.anything()]]);
});

test("history gives this project's hashes, newest last, and none of anybody else's", async () => {
  await using here = stage();
  const sink = openSink({ url: here.url });
  const events = Array.from({ length: 12 }, (_, seq) => event(seq, NOW - HOUR + BigInt(seq) * SECOND));
  for (const one of events) await sink.deliver(one, never);
  await sink.deliver(event(99, NOW - MINUTE, { project: "other" }), never);
  here.face.push([
    {
      labels: [["app", "contextcore"]],
      entries: [{ time: NOW - MINUTE, line: '"project":"shop" not ours', metadata: [] }],
    },
  ]);
  expect(await sink.history?.({ project: "shop", limit: 5_000 }, never)).toEqual(events.map(hashOf));
  const newest = await sink.history?.({ project: "shop", limit: 4 }, never);
  expect(newest?.at(-1)).toBe(hashOf(event(11, NOW)));
});

test("hosts that share a Loki and a project's name get their own events, however many the other one has", async () => {
  await using here = stage();
  const sink = openSink({ url: here.url });
  const events = Array.from({ length: 20 }, (_, seq) =>
    event(seq, NOW - HOUR + BigInt(seq) * SECOND, { host: seq < 4 ? "h" : 'the "other" one' }),
  );
  for (const one of events) await sink.deliver(one, never);
  const seen = (host: string) => sink.history?.({ project: "shop", host, limit: 5 }, never);
  expect(await seen("h")).toEqual(events.slice(0, 4).map(hashOf));
  expect(await seen('the "other" one')).toEqual(events.slice(-5).map(hashOf));
  expect(await seen("nobody")).toEqual([]);
});

test("an event that waited too long for its stream is still taken, with its own time in the line", async () => {
  await using here = stage({ limits: { reject_old_samples: true } });
  const sink = openSink({ url: here.url });
  await sink.deliver(event(2, NOW - MINUTE), never);
  await sink.deliver(event(1, NOW - 5n * HOUR), never);
  await sink.deliver(event(0, NOW - 400n * HOUR), never);
  expect(heldBy(here.face, { from: NOW - HOUR, to: NOW + 1n }).length).toBe(3);
  expect(await sink.history?.({ project: "shop", limit: 10 }, never)).toEqual(
    [0, 1, 2].map((seq) => hashOf(event(seq, NOW))),
  );
});

test("probe writes nothing, and finds out what would be in the way", async () => {
  await using here = stage({ authEnabled: true });
  await openSink({ url: here.url, tenant: "audit" }).probe(never);
  expect(here.face.store("audit").streams).toEqual([]);
  await expect(openSink({ url: here.url }).probe(never)).rejects.toMatchObject({ kind: "refused" });
  await expect(openSink({ url: "http://127.0.0.1:1" }).probe(never)).rejects.toMatchObject({
    kind: "temporary",
  });
  here.faults.add({ kind: "page", path: "push" });
  await expect(openSink({ url: here.url, tenant: "audit" }).probe(never)).rejects.toMatchObject({
    kind: "invalid",
  });
});

test("what Loki refuses is an error with its words; what it cannot take now is temporary", async () => {
  await using here = stage({ limits: { max_line_size: "1KB" } });
  const sink = openSink({ url: here.url });
  const long = { ...event(1, NOW - MINUTE), line: "x".repeat(2_000) };
  await expect(sink.deliver(long, never)).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("max entry size"),
  });
  here.faults.add({ kind: "status", status: 503, path: "push" });
  await expect(sink.deliver(event(1, NOW - MINUTE), never)).rejects.toMatchObject({ kind: "temporary" });
});

test("the history of a server that allows few days and few entries in one query", async () => {
  await using here = stage({ limits: { max_query_length: "5d", max_entries_limit_per_query: 3 } });
  const sink = openSink({ url: here.url });
  const events = Array.from({ length: 6 }, (_, index) =>
    event(index + 1, NOW - HOUR + BigInt(index) * SECOND),
  );
  for (const one of events) await sink.deliver(one, never);
  const seen = await sink.history?.({ project: "shop", limit: 100 }, never);
  expect(seen).toEqual(events.slice(-3).map(hashOf));
});
