/**
 * Real plugins through the engine against servers of the lab that gave less than they have: once, until it had arrived, or
 * for good. Two servers stand behind one address: one that has all, and one that lacks a record.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { DEFAULT_RETRY } from "../../src/export/retry.ts";
import type { Backend } from "../../src/plugin/contract.ts";
import { verifySnapshot } from "../../src/snapshot/verify/verify.ts";
import { countedUnit } from "../../src/units/unit-text.ts";
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
    open: (url) => loki.openLoki({ url, window: "1h" }),
    isCount: (_, query) => query.includes("count_over_time"),
  },
  {
    name: "tempo",
    file: "traces.json",
    unit: "spansInRange",
    fill(lacks) {
      const face = createTempo({ now });
      for (const number of numbers(lacks)) {
        const id = `${number + 1}`.padStart(32, "0");
        const span = tempo.span(id, "1", RANGE.from + BigInt(number) * MINUTE);
        face.add([storedTrace(id, tempo.traceOf("shop", [span]))]);
      }
      return face;
    },
    open: (url) => tempo.openTempo({ url }),
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
    open: (url) => mimir.openMimir(url),
    isCount: (_, query) => query.includes("count_over_time(") && !query.includes("vector(1)[10s"),
  },
];

/** - `short`: reads lack it the first time; `late`: counts too; `lost`: reads lack it for good. */
type Scenario = "short" | "late" | "lost";

/** Serves the one server or the other, from the first count after the reading on. */
async function serve(kind: Kind, scenario: Scenario) {
  const [full, poor] = await Promise.all([kind.fill(), kind.fill(42)]);
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

async function exportFrom(kind: Kind, scenario: Scenario) {
  await using server = await serve(kind, scenario);
  const plugin = { name: kind.name, about: "of the lab", options: {} as never };
  const { path, manifest } = await exportSnapshot({
    backends: [
      { open: { name: kind.name, plugin, backend: kind.open(server.url) }, request: { range: RANGE } },
    ],
    failures: [],
    directory: temporaryDirectory(),
    concurrency: 4,
    signal: new AbortController().signal,
    onProgress: ({ state }) => {
      if (state === "counting") server.endReading();
    },
    tuning: { recountMs: 1, retry: { ...DEFAULT_RETRY, baseMs: 1, capMs: 4 } },
  });
  expect((await verifySnapshot(path)).flaws).toEqual([]);
  const [claims] = manifest.plugins;
  const twice = claims?.windows.filter(({ firstRead }) => firstRead !== undefined) ?? [];
  return { path, claims, twice };
}

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
