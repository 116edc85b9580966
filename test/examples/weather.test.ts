/** The example of a server over HTTP, held to every rule against its own look-alike, with faults in front of it. */
import { afterAll, describe, expect, test } from "bun:test";
import lab, { serve } from "../../examples/weather/lab.ts";
import { openSubject } from "../../src/conformance/subject.ts";
import { type Backend, type LabServer, lineRecords, type Range } from "../../src/contract/contextcore.ts";
import { testBackend } from "../support/conformance.ts";
import { loadExample } from "./load.ts";

const example = await loadExample("weather");
const never = new AbortController().signal;

async function started(server: LabServer | Promise<LabServer>): Promise<string> {
  const { fetch } = await server;
  const listening = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  afterAll(() => listening.stop(true));
  return `http://127.0.0.1:${listening.port}`;
}

const open = (url: string): Promise<Backend> =>
  openSubject({ ...example, face: "backend", options: { url } }).backend();

describe("every rule", async () => {
  const [full, empty] = await Promise.all([started(lab.filled()), lab.empty && started(lab.empty())]);
  testBackend({
    ...example,
    options: { url: full },
    empty: { url: empty },
    match: lab.match ?? "",
    waived: ["limits", "count-split-is-whole", "find-then-erase"],
  });
});

async function linesOf(backend: Backend, range: Range) {
  const lines: string[] = [];
  let steps = 0;
  const waiting = [...(await backend.export.start({ range }, never)).cursors];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop(), steps += 1) {
    const { next = [], ...step } = await backend.export.step(cursor, never);
    for (const { text } of lineRecords(step))
      lines.push(...Buffer.from(text).toString().trimEnd().split("\n"));
    waiting.push(...next);
  }
  return { lines: lines.map((line) => JSON.parse(line)), steps };
}

test("a window that is too full is halved as far as need be, and each reading comes once", async () => {
  const from = Date.UTC(2026, 0, 1);
  // All within four days, and one a year before.
  const readings = Array.from({ length: 200 }, (_, n) => ({
    station: "s",
    at: new Date(n === 0 ? from - 31_536_000_000 : from + n * 1_800_000).toISOString(),
    celsius: n,
  }));
  const backend = await open(await started(serve(readings)));
  const { oldest = 0n, newest = 0n } = await backend.inventory(never);
  const { lines, steps } = await linesOf(backend, { from: oldest, to: newest + 1n });
  expect(lines.map(({ celsius }) => celsius).sort((a, b) => a - b)).toEqual(
    readings.map(({ celsius }) => celsius),
  );
  expect(steps).toBeLessThan(150);
});

test("what cannot be halved any more is an error, and not asked for without an end", async () => {
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const same = Array.from({ length: 20 }, () => ({ station: "s", at, celsius: 1 }));
  const full = serve(same);
  const fetch: LabServer["fetch"] = (request) =>
    request.url.includes("/readings") ? new Response("{}", { status: 422 }) : full.fetch(request);
  const backend = await open(await started({ fetch }));
  const ns = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
  await expect(linesOf(backend, { from: ns, to: ns + 3_600_000_000_000n })).rejects.toMatchObject({
    kind: "too-large",
  });
});

test("a reading that the server refuses is named with its reason, and the others are written", async () => {
  const backend = await open(await started(serve([])));
  const at = "2026-01-24T14:30:00.000Z";
  const lines = [
    { station: "a", at, celsius: 4 },
    { station: "b", at },
  ].map((one) => JSON.stringify(one));
  const batch = {
    file: "example/weather/readings.jsonl",
    lines,
    range: { from: 0n, to: 2n ** 62n },
    labels: {},
  };
  expect(await backend.restore?.apply(batch, never)).toMatchObject({
    written: { readings: 1 },
    rejected: [{ line: lines[1], reason: "It has no temperature." }],
  });
});
