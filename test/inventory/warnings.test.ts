/** What a person is told before data is gone, at a fixed time. */
import { describe, expect, test } from "bun:test";
import { warningsFor } from "../../src/inventory/warnings.ts";
import type { Inventory } from "../../src/plugin/contract.ts";
import type { KeptSnapshot } from "../../src/snapshot/kept/kept.ts";
import { fromRfc3339, toRfc3339 } from "../../src/units/range.ts";
import { exportHeldAs } from "./snapshots.ts";

const HOUR = 3_600_000_000_000n;
const NOW = fromRfc3339("2026-01-24T14:00:00Z");

const textsOf = (
  inventory: Partial<Inventory>,
  snapshots: readonly KeptSnapshot[] = [],
  clock?: () => bigint,
): string[] =>
  warningsFor(
    {
      state: "reached",
      name: "loki",
      inventory: { signals: ["logs"], importance: "high", newest: NOW, ...inventory },
      open: { name: "loki", ...(clock === undefined ? {} : { clock }) } as never,
    },
    { snapshots, now: NOW },
  ).map(({ backend, text }) => `${backend}: ${text}`);

const ago = (hours: number): bigint => NOW - BigInt(hours) * HOUR;

describe("one sentence", () => {
  test("says what is in no snapshot, and how much of it expires by this time tomorrow", () => {
    const oldest = ago(31) - HOUR / 4n;
    // What came within the last quarter of an hour is still being written.
    expect(textsOf({ oldest, retention: 49n * HOUR + HOUR / 4n })).toEqual([
      "loki: 31 h not in any snapshot, 6 h of it expire before tomorrow 14:00 UTC",
    ]);
  });
});
