import { expect, test } from "bun:test";
import { coverageOf } from "../../src/snapshot/catalog/coverage.ts";
import type { Manifest, ManifestPlugin } from "../../src/snapshot/format/manifest.ts";
import { fromRfc3339 } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const at = (hour: string): string => `2026-01-24T${hour}:00:00Z`;
const range = (from: string, to: string) => ({ from: at(from), to: at(to) });
const times = (ranges: readonly { from: bigint; to: bigint }[]) =>
  ranges.map(({ from, to }) => [from, to].map((ns) => new Date(Number(ns / 1_000_000n)).getUTCHours()));

function kept(plugin: Partial<ManifestPlugin>) {
  const whole: ManifestPlugin = {
    name: "loki",
    status: "complete",
    signals: ["logs"],
    limits: [],
    notes: {},
    counts: {},
    windows: [],
    problems: [],
    files: [],
    durationMs: 1,
    ...plugin,
  };
  const manifest: Manifest = {
    format: 1,
    tool: "contextcore 0.1.0",
    created: at("12"),
    finished: at("12"),
    host: "h",
    user: "u",
    resumed: 0,
    range: range("00", "12"),
    status: whole.status,
    bytes: 1,
    plugins: [whole],
    index: { path: "blocks.jsonl", bytes: 0, sha256: "0".repeat(64), lines: 0 },
    sha256: "0".repeat(64),
  };
  return { ...placeOf("/backups/1"), manifest };
}

const lost = (from: string, to: string): ManifestPlugin["problems"][number] => ({
  kind: "incomplete",
  reason: "gone",
  ranges: [range(from, to)],
  items: [],
  itemsTotal: 0,
});

test("what an export lost at its own end is a gap, though nothing is held after it", () => {
  const { whole, backends } = coverageOf([
    kept({ status: "partial", range: range("00", "12"), problems: [lost("10", "12")] }),
  ]);
  expect(backends.map(({ covered, gaps }) => [times(covered), times(gaps)])).toEqual([
    [[[0, 10]], [[10, 12]]],
  ]);
  expect(whole?.to).toBe(fromRfc3339(at("12")));
});

test("data that had not settled, a selector's part and what lies before are no gaps", () => {
  const { backends } = coverageOf([
    kept({ range: range("04", "12"), exportedUntil: at("11") }),
    kept({ range: range("00", "14"), match: "{}" }),
    kept({ status: "failed", range: range("01", "03") }),
  ]);
  expect(backends.map(({ gaps }) => gaps)).toEqual([[]]);
});
