/** Directories continue a snapshot that has their contents: no policy takes it away from one that is kept. */
import { expect, test } from "bun:test";
import type { KeptSnapshot } from "../../src/snapshot/catalog/kept.ts";
import { planPrune } from "../../src/snapshot/catalog/retention.ts";
import { fromRfc3339, toRfc3339 } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const NOW = fromRfc3339("2026-01-24T14:30:00Z");
const DAY = 86_400_000_000_000n;
const shaOf = (day: number): string => `${day}`.padStart(64, "0");
const nameOn = (day: number): string => `202601${`${day}`.padStart(2, "0")}-143000`;

/** A snapshot of this day in January. @param parent the day of the one that it continues */
function snapshot(day: number, parent: number | null, signals: readonly ["files" | "logs"]): KeptSnapshot {
  const time = toRfc3339(NOW - BigInt(24 - day) * DAY);
  const continued = parent === null ? null : { snapshot: nameOn(parent), sha256: shaOf(parent) };
  const plugin = {
    name: "etc",
    status: "complete" as const,
    importance: "low" as const,
    signals: [...signals],
    range: { from: time, to: time },
    parent: continued,
    limits: [],
    notes: {},
    counts: {},
    windows: [],
    problems: [],
    files: [],
    durationMs: 1,
  };
  const manifest: KeptSnapshot["manifest"] = {
    format: 1,
    tool: "contextcore 0.1.0",
    created: time,
    finished: time,
    host: "h",
    user: "u",
    resumed: 0,
    range: { from: time, to: time },
    status: "complete",
    bytes: 1,
    plugins: [plugin],
    index: { path: "blocks.jsonl", bytes: 0, sha256: shaOf(0), lines: 0 },
    sha256: shaOf(day),
  };
  return { ...placeOf(`/backups/${nameOn(day)}`), manifest };
}

type More = Partial<Parameters<typeof planPrune>[2]>;

/** The days that stay, with why. */
const kept = (snapshots: readonly KeptSnapshot[], more: More = {}): Record<string, string> =>
  Object.fromEntries(
    planPrune(snapshots, { last: 1 }, { now: NOW, allowGaps: true, ...more })
      .filter(({ reasons }) => reasons.length > 0)
      .map(({ snapshot, reasons }) => [snapshot.path.slice(-9, -7), reasons.at(-1) ?? ""]),
  );

const FILES = ["files"] as const;

test("the whole line of parents of a kept one stays, though gaps are allowed, and others go", () => {
  const line = [
    snapshot(1, null, FILES),
    snapshot(2, null, FILES),
    snapshot(3, 1, FILES),
    snapshot(4, 3, FILES),
  ];
  expect(kept(line)).toEqual({
    "04": "one of the last 1",
    "03": `${nameOn(4)} continues it`,
    "01": `${nameOn(3)} continues it`,
  });
});

test("of a time line a parent may go where gaps are allowed", () => {
  expect(kept([snapshot(1, null, ["logs"]), snapshot(2, 1, ["logs"])])).toEqual({
    "02": "one of the last 1",
  });
});

test("one that is held elsewhere may go from here, and what only a snapshot elsewhere continues stays", () => {
  const [whole, increment] = [snapshot(1, null, FILES), snapshot(2, 1, FILES)];
  expect(kept([whole, increment], { elsewhere: [whole] })).toEqual({ "02": "one of the last 1" });
  expect(kept([whole, increment], { allowGaps: false, elsewhere: [whole] })).toEqual({
    "02": "one of the last 1",
  });
  const other = snapshot(3, null, FILES);
  expect(kept([whole, other])).toEqual({ "03": "one of the last 1" });
  expect(kept([whole, other], { continuing: [increment] })).toEqual({
    "03": "one of the last 1",
    "01": `${nameOn(2)} continues it`,
  });
});
