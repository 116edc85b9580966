/**
 * Real plugins through the engine against servers of the lab that gave less than they have: once, until it had arrived, or
 * for good. Two servers stand behind one address: one that has all, and one that lacks a record.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../../src/contract/contract.ts";
import { openMetrics } from "../../src/convert/openmetrics.ts";
import { DEFAULT_RETRY } from "../../src/engine/retry.ts";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { openRestoreJournal } from "../../src/restore/journal.ts";
import { planRestore } from "../../src/restore/plan.ts";
import { runRestore } from "../../src/restore/run.ts";
import { type OpenSnapshot, openSnapshot } from "../../src/snapshot/read/reader.ts";
import { countedUnit } from "../../src/units/unit-text.ts";
import { diffSnapshots } from "../../src/verify/diff.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { createLoki } from "../lab/loki/index.ts";
import { createMimir } from "../lab/mimir/index.ts";
import { createTempo } from "../lab/tempo/index.ts";
import { storedTrace } from "../lab/tempo/store.ts";
import * as loki from "../plugins/loki/support.ts";
import * as mimir from "../plugins/mimir/support.ts";
import * as tempo from "../plugins/tempo/support.ts";
import { temporaryDirectory } from "../support/directory.ts";

const { NOW, HOUR, MINUTE } = loki;
const RANGE = { from: NOW - 3n * HOUR, to: NOW - HOUR };

interface Face {
  handle(request: Request): Promise<Response>;
}

/** A kind of server: how one is filled, how the plugin is opened, and how its requests are told apart. */
interface Kind {
  readonly name: string;
  readonly file: string;
  readonly unit: string;
  /** @param lacks the record that it does not have */
  fill(lacks?: number): Face | Promise<Face>;
  /** A server that has nothing, as strict as one is by itself. */
  empty(): Face;
  open(url: string): Backend;
  isCount(path: string, query: string): boolean;
}

const RECORDS = 100;
/** Every record but the one that is lacking. */
const numbers = (lacks?: number): number[] =>
  Array.from({ length: RECORDS }, (_, number) => number).filter((number) => number !== lacks);
const now = (): bigint => NOW;

const KINDS: readonly Kind[] = [
  {
    name: "loki",
    file: "logs.json",
    unit: "entries",
    fill(lacks) {
      const face = createLoki({ now, limits: { reject_old_samples: false } });
      const entries = numbers(lacks).map((number) => ({
        time: RANGE.from + BigInt(number) * MINUTE,
        line: `line ${number}`,
      }));
      loki.put(face, { app: "web" }, entries);
      return face;
    },
    empty: () => createLoki({ now, limits: { reject_old_samples: false } }),
    open: (url) => loki.openLoki({ url, window: "6h" }),
    isCount: (_, query) => query.includes("count_over_time"),
  },
  {
    name: "tempo",
    file: "traces.json",
    unit: "spansInRange",
    fill(lacks) {
      const face = createTempo({ now });
      // Every tenth minute a trace, of ten spans.
      for (const [trace, some] of Map.groupBy(numbers(lacks), (number) => Math.floor(number / 10))) {
        const id = `${trace + 1}`.padStart(32, "0");
        const spanAt = (number: number) =>
          tempo.span(id, `${number + 1}`, RANGE.from + BigInt(number) * MINUTE);
        face.add([storedTrace(id, tempo.traceOf("shop", some.map(spanAt)))]);
      }
      return face;
    },
    empty() {
      const face = createTempo({ now });
      const isPush = (request: Request): boolean => new URL(request.url).pathname === "/v1/traces";
      return { handle: (request) => (isPush(request) ? face.otlp : face).handle(request) };
    },
    open: (url) => tempo.openTempo({ url, otlpUrl: url }),
    isCount: (path) => path === "/api/metrics/query",
  },
  {
    name: "mimir",
    file: "metrics.json",
    unit: "samples",
    fill(lacks) {
      const face = createMimir({ now });
      const from = Number(RANGE.from / 1_000_000n);
      const points = numbers(lacks).map((number) => mimir.float(from + number * 60_000, number));
      face.put([{ labels: mimir.labels("up"), points }]);
      return face;
    },
    empty: () => createMimir({ now }),
    open: (url) => mimir.openMimir(url),
    isCount: (_, query) => query.includes("count_over_time(") && !query.includes("vector(1)[10s"),
  },
];

/** - `short`: reads lack it the first time; `late`: counts too; `lost`: reads lack it for good. */
type Scenario = "short" | "late" | "lost";

/** Serves the one server or the other, from the first count after the reading on. */
async function serve(kind: Kind, scenario: Scenario, lacks = 42) {
  const [full, poor] = await Promise.all([kind.fill(), kind.fill(lacks)]);
  let wasRead = false;
  let isThere = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const query = decodeURIComponent(`${search} ${await request.clone().text()}`.replaceAll("+", " "));
      const counts = kind.isCount(pathname, query);
      if (counts && wasRead) isThere = scenario !== "lost";
      const hasAll = isThere || (counts && scenario !== "late");
      return (hasAll ? full : poor).handle(request);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    endReading: () => {
      wasRead = true;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const job = () => ({
  failures: [],
  directory: temporaryDirectory(),
  concurrency: 4,
  signal: new AbortController().signal,
  tuning: { recountMs: 1, retry: { ...DEFAULT_RETRY, baseMs: 1, capMs: 4 } },
});

const opened = (kind: Kind, url: string) => ({
  name: kind.name,
  plugin: { name: kind.name, about: "of the lab", options: {} as never },
  backend: kind.open(url),
});

function serveFace(face: Face) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => face.handle(request) });
  return { url: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

async function exportFrom(kind: Kind, scenario: Scenario, lacks?: number) {
  await using server = await serve(kind, scenario, lacks);
  const { path, manifest } = await exportSnapshot({
    ...job(),
    backends: [{ open: opened(kind, server.url), request: { range: RANGE } }],
    onProgress: ({ state }) => {
      if (state === "counting") server.endReading();
    },
  });
  expect((await verifySnapshot(path)).flaws).toEqual([]);
  const [claims] = manifest.plugins;
  const twice = claims?.windows.filter(({ firstRead }) => firstRead !== undefined) ?? [];
  return { path, claims, twice };
}

/** Promtool drops what comes after newer samples of its series, and says nothing. */
async function expectAscending(snapshot: OpenSnapshot): Promise<void> {
  const text = (await Array.fromAsync(openMetrics(snapshot, { ...NOTHING }))).join("");
  const times = text
    .split("\n")
    .flatMap((line) => (line.startsWith("up ") ? Number(line.split(" ")[2]) : []));
  expect(times.length).toBe(RECORDS);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
}

const NOTHING = { samples: 0, stale: 0, nanPayloads: 0, histograms: 0 };

describe.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", (_, kind) => {
  test.each(["short", "late"] as const)(
    "that answers %s is read a second time, and is complete",
    async (scenario) => {
      const { path, claims, twice } = await exportFrom(kind, scenario);
      expect(claims?.problems).toEqual([]);
      expect(claims).toMatchObject({ status: "complete", agrees: true });
      expect(claims?.counts[kind.unit]).toBe(RECORDS);
      expect(
        twice.map(({ read, firstRead }) => (read[kind.unit] ?? 0) - (firstRead?.[kind.unit] ?? 0)),
      ).toEqual([1]);
      const text = readFileSync(join(path, kind.file), "utf8");
      if (kind.name === "loki")
        for (const number of numbers()) expect(text.split(`"line ${number}"`).length).toBe(2);
    },
  );

  test("gives what both readings had back to an empty server, in the order that it needs", async () => {
    // The last records of its stream, of its series, are an hour and a half newer.
    const { path, claims } = await exportFrom(kind, "short", 5);
    if (kind.name === "tempo") expect(claims?.counts).toMatchObject({ traces: 10, spans: RECORDS });
    await using server = serveFace(kind.empty());
    const snapshot = await openSnapshot(path);
    if (kind.name === "mimir") await expectAscending(snapshot);
    const journal = await openRestoreJournal(temporaryDirectory());
    const { signal } = new AbortController();
    const backends = [opened(kind, server.url)];
    const plan = await planRestore({ snapshot, backends, labels: {}, signal });
    const [outcome] = await runRestore({ plan, journal, signal });
    expect(outcome).toMatchObject({ rejected: 0, lost: [], problems: [] });
    expect(outcome).not.toHaveProperty("failure");
    const again = await exportSnapshot({
      ...job(),
      backends: [{ open: opened(kind, server.url), request: { range: RANGE } }],
    });
    const second = await openSnapshot(again.path);
    const found = (await diffSnapshots(snapshot, second)).filter(({ file }) => file === kind.file);
    expect(found).toMatchObject([{ both: RECORDS, onlyA: 0, onlyB: 0 }]);
    await Promise.all([snapshot.close(), second.close(), journal.close()]);
  });

  test("that has lost a record is read a second time, and is said to be incomplete", async () => {
    const { claims, twice } = await exportFrom(kind, "lost");
    expect(claims).toMatchObject({ status: "partial", agrees: false });
    expect(claims?.counts[kind.unit]).toBe(RECORDS - 1);
    expect(claims?.problems.map(({ reason }) => reason)).toEqual([
      `the server counts ${countedUnit(1, kind.unit)} more than were read`,
    ]);
    expect(twice.length).toBe(1);
  });
});
