/** Of a large window that lacks one record only a small part is read again: what the server is asked says so. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../src/contract/contract.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import type { Face } from "../lab/face.ts";
import { createLoki } from "../lab/loki/index.ts";
import { createTempo } from "../lab/tempo/index.ts";
import { storedTrace } from "../lab/tempo/store.ts";
import * as loki from "../plugins/loki/support.ts";
import * as tempo from "../plugins/tempo/support.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000);

const { NOW, HOUR, SECOND } = loki;
const RANGE = { from: NOW - 2n * HOUR, to: NOW - HOUR };
const LINES = 100_000;

/** @param lacks the lines that it does not have */
function fill(lacks: readonly number[] = []) {
  const numbers = Array.from({ length: LINES }, (_, index) => index).filter(
    (index) => !lacks.includes(index),
  );
  const face = createLoki({ now: () => NOW, limits: { reject_old_samples: false } });
  const numberAt = (index: number): number => numbers[index] ?? 0;
  const time = (index: number): bigint => RANGE.from + (BigInt(numberAt(index)) * HOUR) / BigInt(LINES);
  face.addStream(
    { app: "web" },
    { length: numbers.length, time, line: (index) => `line ${numberAt(index)}` },
  );
  return face;
}

interface Asked {
  readonly isCount: boolean;
  /** How many lines were given. */
  readonly lines: number;
  /** Since the first count after the first reading. */
  readonly isLater: boolean;
}

interface Kind {
  isCount(path: string, query: string): boolean;
  isRead(path: string): boolean;
}

/** Serves all to whoever counts; the first reading lacks something, and a second one has it. */
function serve({ full, poor }: { readonly full: Face; readonly poor: Face }, kind: Kind) {
  const asked: Asked[] = [];
  let isCounted = false;
  let isRead = false;
  let isThere = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const query = decodeURIComponent(`${search} ${await request.clone().text()}`.replaceAll("+", " "));
      const isCount = kind.isCount(pathname, query);
      const reads = kind.isRead(pathname);
      isThere ||= isCount && isRead;
      isCounted ||= isCount;
      // What is read before the first count is the inventory's.
      isRead ||= reads && isCounted;
      const answer = await (isCount || isThere ? full : poor).handle(request);
      if (!isCount && !reads) return answer;
      const bytes = await answer.bytes();
      const lines = Buffer.from(bytes).toString("latin1").split('"line ').length - 1;
      asked.push({ isCount, lines, isLater: isThere });
      return new Response(bytes, answer);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const LOKI: Kind = {
  isCount: (_, query) => query.includes("count_over_time"),
  isRead: (path) => path.endsWith("/query_range"),
};

async function exported(name: string, backend: Backend) {
  const plugin = { name, about: "of the lab", options: {} as never };
  const { path, manifest } = await exportSnapshot({
    backends: [{ open: { name, plugin, backend }, request: { range: RANGE } }],
    failures: [],
    directory: temporaryDirectory(),
    concurrency: 4,
    signal: new AbortController().signal,
    tuning: { recountMs: 1, retry: { ...DEFAULT_RETRY, baseMs: 1, capMs: 4 } },
  });
  expect((await verifySnapshot(path)).flaws).toEqual([]);
  return { path, claims: manifest.plugins[0] };
}

test.each([
  // Seven times two halves, until a part has 782 lines.
  ["one line", [61_803], { halves: 14, lines: 1_000 }],
  ["its first and its last line", [0, LINES - 1], { halves: 26, lines: 2_000 }],
])("of a window of 100,000 lines that lacks %s little is read again", async (_, lacks, most) => {
  await using server = serve({ full: fill(), poor: fill(lacks) }, LOKI);
  const { path, claims } = await exported("loki", loki.openLoki({ url: server.url, window: "1h" }));
  expect([claims?.status, claims?.agrees, claims?.counts.entries]).toEqual(["complete", true, LINES]);
  expect(claims?.windows).toMatchObject([
    { read: { entries: LINES }, firstRead: { entries: LINES - lacks.length } },
  ]);
  const later = server.asked.filter(({ isLater }) => isLater);
  const again = later.filter(({ isCount }) => !isCount).reduce((sum, { lines }) => sum + lines, 0);
  expect(again).toBeGreaterThan(0);
  expect(again).toBeLessThanOrEqual(most.lines);
  expect(later.filter(({ isCount }) => !isCount).length).toBe(lacks.length);
  // Two that prove one another, the halves, and the whole once more.
  expect(later.filter(({ isCount }) => isCount).length).toBe(2 + most.halves + 1);
  const text = readFileSync(join(path, "logs.json"), "utf8");
  for (const number of lacks) expect(text.split(`"line ${number}"`).length).toBe(2);
});

test("of traces that reach over the borders of what is read again, only what is lacking is added", async () => {
  const TRACES = 1_000;
  const idOf = (number: number): string => `${number + 1}`.padStart(32, "0");
  /** Each begins three seconds after the one before it, and has a second span forty minutes later. */
  const traces = (lacks?: number): Face => {
    const face = createTempo({ now: () => NOW });
    for (let number = 0; number < TRACES; number += 1) {
      const begin = RANGE.from - HOUR / 6n + BigInt(number) * 3n * SECOND;
      const spans = [
        tempo.span(idOf(number), "1", begin),
        ...(number === lacks ? [] : [tempo.span(idOf(number), "2", begin + (HOUR * 2n) / 3n)]),
      ];
      face.add([storedTrace(idOf(number), tempo.traceOf("shop", spans))]);
    }
    return face;
  };
  const isRead = (path: string): boolean => path.includes("/traces/");
  await using server = serve(
    { full: traces(), poor: traces(500) },
    { isCount: (path) => path === "/api/metrics/query", isRead },
  );
  const { path, claims } = await exported("tempo", tempo.openTempo({ url: server.url }));
  expect([claims?.status, claims?.agrees]).toEqual(["complete", true]);
  // Two hundred begin before the range, and four hundred end behind it: these are whole, too.
  expect(claims?.counts).toEqual({ traces: TRACES, spans: 2 * TRACES, spansInRange: 2 * TRACES - 600 });
  expect(claims?.windows).toMatchObject([{ firstRead: { spansInRange: 2 * TRACES - 601 } }]);
  const spans = readFileSync(join(path, "traces.json"), "utf8")
    .trimEnd()
    .split("\n")
    .flatMap((line) => [...line.matchAll(/"traceId":"(\w+)","spanId":"(\w+)"/g)].map(([text]) => text));
  expect([spans.length, new Set(spans).size]).toEqual([2 * TRACES, 2 * TRACES]);
  const added = readFileSync(join(path, "blocks.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ reread }) => reread);
  // The trace is counted where the most of it is.
  expect(added).toMatchObject([{ records: 1, counts: { traces: 0, spans: 1, spansInRange: 1 } }]);
  expect(server.asked.filter(({ isCount, isLater }) => isCount && isLater).length).toBe(2 + 2 + 1);
});
