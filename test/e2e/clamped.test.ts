/** Limits by which a server shortens its answers and says nothing are known before, and named in the snapshot. */
import { expect, test } from "bun:test";
import type { Backend } from "../../src/contract/contract.ts";
import { exportSnapshot } from "../../src/export/export-snapshot.ts";
import { coveredRanges } from "../../src/snapshot/catalog/coverage.ts";
import { fakeBackend } from "../export/fake-backend.ts";
import { runExport, scratch } from "../export/run.ts";
import * as loki from "../plugins/loki/support.ts";
import * as mimir from "../plugins/mimir/support.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { placeOf } from "../support/place.ts";

const { NOW, HOUR, MINUTE } = loki;
const RANGE = { from: NOW - 6n * HOUR, to: NOW - HOUR };
const HIDDEN = { from: RANGE.from, to: NOW - 3n * HOUR };

async function exportOf(name: string, backend: Backend) {
  const plugin = { name, about: "of the lab", options: {} as never };
  const { path, manifest } = await exportSnapshot({
    backends: [{ open: { name, plugin, backend }, request: { range: RANGE } }],
    failures: [],
    directory: temporaryDirectory(),
    concurrency: 2,
    signal: loki.never,
    tuning: { recountMs: 1 },
  });
  const [claims] = manifest.plugins;
  return { claims, covered: coveredRanges([{ ...placeOf(path), manifest }], name) };
}

const expectClamped = (
  { claims, covered }: Awaited<ReturnType<typeof exportOf>>,
  records: number,
  unit: string,
): void => {
  expect(claims?.status).toBe("partial");
  expect(claims?.problems.map(({ kind }) => kind)).toEqual(["clamped"]);
  expect(claims?.problems[0]?.reason).toContain("max_query_lookback");
  expect(claims?.counts[unit]).toBe(records);
  // What was hidden is in no snapshot, as far as inventory and coverage know; the rest is.
  expect(covered).toEqual([{ from: HIDDEN.to, to: RANGE.to }]);
};

test("Loki's max_query_lookback", async () => {
  await using here = loki.stage({ limits: { max_query_lookback: "3h" } });
  loki.put(here.face, { app: "web" }, loki.entriesFrom(RANGE.from, 300, MINUTE));
  expectClamped(await exportOf("loki", here.backend), 120, "entries");
});

test("Mimir's max_query_lookback", async () => {
  await using here = mimir.serveLab({ limits: { maxQueryLookback: 3 * mimir.HOUR_MS } });
  const from = Number(RANGE.from / mimir.MS);
  const points = Array.from({ length: 300 }, (_, at) => mimir.float(from + at * 60_000, at));
  here.face.put([{ labels: mimir.labels("up"), points }]);
  expectClamped(await exportOf("mimir", here.open()), 120, "samples");
});

test("a limit that a plugin says to clamp makes the snapshot partial, and one that does not is recorded", async () => {
  using dir = scratch();
  const limits = async () => [
    { setting: "look_back", value: "3h", effect: "nothing older is shown", clamps: true },
    { setting: "page", value: "5000" },
  ];
  const { manifest } = await runExport(dir.path, [fakeBackend({ hooks: { limits } })]);
  const [claims] = manifest.plugins;
  expect(claims?.status).toBe("partial");
  expect(claims?.problems.map(({ kind, reason }) => `${kind}: ${reason}`)).toEqual([
    "clamped: look_back = 3h: nothing older is shown",
  ]);
  expect(claims?.limits).toEqual(await limits());
});
