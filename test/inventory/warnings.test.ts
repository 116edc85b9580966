/** What a person is told before data is gone, at a fixed time. */
import { describe, expect, test } from "bun:test";
import type { Inventory } from "../../src/contract/contract.ts";
import { warningsFor } from "../../src/inventory/warnings.ts";
import type { KeptSnapshot } from "../../src/snapshot/catalog/kept.ts";
import { rangeToText } from "../../src/snapshot/format/range-text.ts";
import { fromRfc3339, type Range } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const HOUR = 3_600_000_000_000n;
const NOW = fromRfc3339("2026-01-24T14:00:00Z");
/** What is younger is still being written: no snapshot can hold it. */
const SETTLED = NOW - HOUR / 4n;
const ago = (hours: bigint): bigint => SETTLED - hours * HOUR;

/** A kept snapshot of which only the range matters. */
const holding = (range: Range): KeptSnapshot => {
  const plugin = { name: "loki", status: "complete", range: rangeToText(range), problems: [], windows: [] };
  return { ...placeOf("/backups/20260124-000000"), manifest: { plugins: [plugin] } as never };
};

function warningsOf(
  inventory: Partial<Inventory>,
  snapshots: readonly KeptSnapshot[] = [],
  clock?: () => bigint,
): string[] {
  const open = { name: "loki", ...(clock === undefined ? {} : { clock }) } as never;
  const said: Inventory = { signals: ["logs"], importance: "high", newest: NOW, ...inventory };
  const finding = { state: "reached", name: "loki", inventory: said, open } as const;
  return warningsFor(finding, { snapshots, now: NOW, classes: new Map() }).map(
    ({ kind, message }) => `${kind}: ${message}`,
  );
}

describe("what no snapshot holds", () => {
  test("is said in one sentence with what of it expires by this time tomorrow", () => {
    expect(warningsOf({ oldest: ago(31n), retention: 49n * HOUR + HOUR / 4n })).toEqual([
      "expiring: 31 h not in any snapshot, 6 h of it expire before tomorrow 14:00 UTC",
    ]);
  });

  test("all of which expires is said so", () => {
    expect(warningsOf({ oldest: ago(20n), retention: 24n * HOUR })).toEqual([
      "expiring: 20 h not in any snapshot, all of it expires before tomorrow 14:00 UTC",
    ]);
  });

  test.each([
    ["later", 400n * HOUR],
    ["never", "unlimited" as const],
    ["nobody knows when", undefined],
  ])("and expires %s is said without it", (_, retention) => {
    expect(warningsOf({ oldest: ago(200n), ...(retention === undefined ? {} : { retention }) })).toEqual([
      "unsaved: 8 d not in any snapshot",
    ]);
  });

  test("counts only what lies between snapshots, also of what expires", () => {
    const kept = [holding({ from: ago(31n), to: ago(27n) }), holding({ from: ago(20n), to: ago(1n) })];
    expect(warningsOf({ oldest: ago(31n), retention: 49n * HOUR + HOUR / 4n }, kept)).toEqual([
      "expiring: 8 h not in any snapshot, 2 h of it expire before tomorrow 14:00 UTC",
    ]);
  });

  test("is nothing when all is held, though it expires", () => {
    const kept = [holding({ from: ago(31n), to: NOW })];
    expect(warningsOf({ oldest: ago(31n), retention: 25n * HOUR }, kept)).toEqual([]);
  });
});

test("a server whose clock is ahead deletes sooner, and is warned about", () => {
  const clock = (): bigint => NOW + 3n * HOUR;
  const oldest = ago(31n);
  expect(warningsOf({ oldest, retention: 49n * HOUR + HOUR / 4n, newest: SETTLED - 1n }, [], clock)).toEqual([
    "server: its clock is 3h ahead of ours: what expires, and where an export ends, go by it",
    "expiring: 31 h not in any snapshot, 9 h of it expire before tomorrow 17:00 UTC",
  ]);
});
