/** Seven years of nights: nothing goes early, and nothing stays late. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type BackendData, type DueRules, newestWhole, planDue } from "../../src/retention/expiry/due.ts";
import { createdAt, type KeptSnapshot } from "../../src/snapshot/catalog/kept.ts";
import type { Manifest, ManifestPlugin } from "../../src/snapshot/format/manifest.ts";
import { given } from "../../src/units/given.ts";
import { fromRfc3339, toRfc3339 } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const DAY = 86_400_000_000_000n;
const YEAR = 365n * DAY;
const BEGIN = fromRfc3339("2026-01-24T02:15:00Z");

const KEPT: Readonly<Record<string, bigint>> = {
  ledger: 7n * YEAR,
  orders: 3n * YEAR,
  loki: YEAR,
  prompts: 30n * DAY,
};
const NAMES = Object.keys(KEPT);

/** Data without a time line, of which an increment holds only what has changed. */
const isState = (name: string): boolean => name === "ledger" || name === "prompts";

const FILE: ManifestPlugin["files"][number] = {
  path: "a.json",
  kind: "records",
  bytes: 1,
  sha256: "0".repeat(64),
  blocks: 1,
  records: 1,
  counts: {},
};

const plugin = (name: string, parent?: string): ManifestPlugin => ({
  name,
  status: "complete",
  signals: [isState(name) ? "files" : "logs"],
  ...given({ parent: parent === undefined ? undefined : { snapshot: "20260124-021500", sha256: parent } }),
  limits: [],
  notes: {},
  counts: {},
  windows: [],
  problems: [],
  files: [FILE],
  durationMs: 1,
});

let made = 0;

function snapshot(created: bigint, plugins: readonly ManifestPlugin[]): KeptSnapshot {
  const time = toRfc3339(created);
  const manifest: Manifest = {
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
    plugins: [...plugins],
    index: { path: "blocks.jsonl", bytes: 0, sha256: "0".repeat(64), lines: 0 },
    sha256: (made++).toString(16).padStart(64, "0"),
  };
  return { ...placeOf(`/backups/${time}`), manifest };
}

interface Simulated {
  /** Whether the export of that night works. */
  works(night: number): boolean;
  /** Whether that night's export of states is an increment. */
  continues(night: number): boolean;
  /** Whether the retention is applied that night. */
  applies(night: number): boolean;
  /** Why data is held that night. */
  held(data: BackendData, night: number): string | undefined;
  /** Default: by the data's own classes. */
  until?(data: BackendData): bigint;
}

/** What one night's plan leaves of the snapshots. */
function applied(kept: readonly KeptSnapshot[], rules: DueRules): KeptSnapshot[] {
  const due = new Map(planDue(kept, rules).map((one) => [one.snapshot, one]));
  return kept.flatMap((one) => {
    const { gone = [], isWhole = false } = due.get(one) ?? {};
    if (gone.length === 0) return [one];
    if (isWhole) return [];
    const plugins = one.manifest.plugins.filter((each) => !gone.includes(each));
    return [{ ...one, manifest: { ...one.manifest, plugins } }];
  });
}

const until = ({ snapshot: one, plugin: { name } }: BackendData): bigint =>
  createdAt(one) + (KEPT[name] ?? 0n);

/** In a place with a class of its own. */
const untilThere =
  (kept: bigint) =>
  ({ snapshot: one }: BackendData): bigint =>
    createdAt(one) + kept;

/** Lives through so many nights. @param check is called after each time that the retention was applied */
function live(
  nights: number,
  { works, continues, applies, held, until: ends = until }: Simulated,
  check: (before: readonly KeptSnapshot[], after: readonly KeptSnapshot[], rules: DueRules) => void,
): readonly KeptSnapshot[] {
  let kept: KeptSnapshot[] = [];
  for (let night = 0; night < nights; night += 1) {
    const now = BEGIN + BigInt(night) * DAY;
    if (works(night)) {
      const parent = continues(night) ? kept.at(-1)?.manifest.sha256 : undefined;
      kept.push(
        snapshot(
          now,
          NAMES.map((name) => plugin(name, isState(name) ? parent : undefined)),
        ),
      );
    }
    if (!applies(night)) continue;
    const newest = newestWhole(kept);
    const rules: DueRules = {
      now: now + DAY / 24n,
      until: ends,
      hashesOf: ({ manifest }) => [manifest.sha256],
      stays: (data) =>
        newest.get(data.plugin.name) === data.snapshot.manifest.sha256 ? "newest" : held(data, night),
    };
    const after = applied(kept, rules);
    check(kept, after, rules);
    kept = after;
  }
  return kept;
}

const dataIn = (kept: readonly KeptSnapshot[]): BackendData[] =>
  kept.flatMap((one) => one.manifest.plugins.map((each) => ({ snapshot: one, plugin: each })));
const keyOf = ({ snapshot: one, plugin: { name } }: BackendData): string => `${one.manifest.sha256} ${name}`;

/** What goes is past its time, and what is past its time stays only for a reason. */
function checkTimes(before: readonly KeptSnapshot[], after: readonly KeptSnapshot[], rules: DueRules): void {
  const left = dataIn(after);
  const there = new Set(left.map(keyOf));
  const ends = (one: BackendData): bigint => rules.until(one) ?? rules.now + 1n;
  const early = dataIn(before).filter((one) => !there.has(keyOf(one)) && ends(one) > rules.now);
  const needed = new Set(left.map(({ plugin: { name, parent } }) => `${parent?.sha256} ${name}`));
  const late = left.filter(
    (one) => ends(one) <= rules.now && rules.stays(one) === undefined && !needed.has(keyOf(one)),
  );
  expect({ early: early.map(keyOf), late: late.map(keyOf) }).toEqual({ early: [], late: [] });
}

const ALWAYS: Simulated = {
  works: () => true,
  continues: () => false,
  applies: () => true,
  held: () => undefined,
};

describe("retention by class, backend by backend", () => {
  test("seven years and a month of nights: each class stays exactly as long as it says", () => {
    const nights = 7 * 365 + 30;
    // Every night of the first two months and of the last two; once a week between them.
    const applies = (night: number): boolean => night < 60 || night > nights - 60 || night % 7 === 0;
    const kept = live(nights, { ...ALWAYS, applies }, checkTimes);
    const left = Map.groupBy(dataIn(kept), (one) => one.plugin.name);
    const counts = NAMES.map((name) => [name, left.get(name)?.length]);
    expect(counts).toEqual([
      ["ledger", 7 * 365],
      ["orders", 3 * 365],
      ["loki", 365],
      ["prompts", 30],
    ]);
  });

  test("in a place with a class of its own everything stays exactly as long as that says, and goes as a whole", () => {
    const nights = 400;
    const isWhole = (before: readonly KeptSnapshot[], after: readonly KeptSnapshot[]): boolean =>
      after.every((one) => before.includes(one));
    const kept = live(nights, { ...ALWAYS, until: untilThere(90n * DAY) }, (before, after, rules) => {
      checkTimes(before, after, rules);
      expect(isWhole(before, after)).toBe(true);
    });
    const left = Map.groupBy(dataIn(kept), (one) => one.plugin.name);
    expect(NAMES.map((name) => left.get(name)?.length)).toEqual([90, 90, 90, 90]);
  });

  test("whatever nights fail, continue others or are passed over, and whatever is held", () => {
    const nights = 400;
    const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: nights,
      maxLength: nights,
    });
    fc.assert(
      fc.property(
        chances,
        chances,
        chances,
        fc.nat(nights),
        fc.nat(200),
        fc.option(fc.integer({ min: 1, max: 120 })),
        (works, continues, applies, from, long, place) => {
          const isHeld = (night: number): boolean => night >= from && night < from + long;
          live(
            nights,
            {
              works: (night) => (works[night] ?? 0) > 0.2,
              continues: (night) => (continues[night] ?? 0) > 0.15,
              applies: (night) => (applies[night] ?? 0) > 0.3,
              held: (data, night) =>
                data.plugin.name === "prompts" && isHeld(night) ? "the hold lawsuit" : undefined,
              ...given({ until: place === null ? undefined : untilThere(BigInt(place) * DAY) }),
            },
            checkTimes,
          );
        },
      ),
      { numRuns: 12 },
    );
  });

  test("what an increment continues stays until that goes, too", () => {
    const first = snapshot(BEGIN, [plugin("prompts"), plugin("loki")]);
    const second = snapshot(BEGIN + DAY, [plugin("prompts", first.manifest.sha256)]);
    const third = snapshot(BEGIN + 100n * DAY, [plugin("prompts")]);
    const at = (now: bigint) =>
      planDue([first, second, third], {
        now,
        until,
        stays: () => undefined,
        hashesOf: ({ manifest }) => [manifest.sha256],
      }).map(({ snapshot: one, gone, isWhole, stays }) => ({
        created: (createdAt(one) - BEGIN) / DAY,
        gone: gone.map(({ name }) => name),
        isWhole,
        stays: stays.map(({ reason }) => reason),
      }));
    const continued = `the snapshot of ${second.manifest.created} continues it`;
    expect(at(BEGIN + 30n * DAY - 1n)).toEqual([]);
    expect(at(BEGIN + 30n * DAY)).toEqual([{ created: 0n, gone: [], isWhole: false, stays: [continued] }]);
    expect(at(BEGIN + 31n * DAY)).toEqual([
      { created: 1n, gone: ["prompts"], isWhole: true, stays: [] },
      { created: 0n, gone: ["prompts"], isWhole: false, stays: [] },
    ]);
  });

  test("a backend that failed leaves nothing that would be worth a new snapshot", () => {
    const failed: ManifestPlugin = { ...plugin("ledger"), status: "failed", files: [] };
    const one = snapshot(BEGIN, [failed, plugin("prompts")]);
    const two = snapshot(BEGIN, [{ ...plugin("prompts"), status: "failed", files: [] }, plugin("ledger")]);
    const due = planDue([one, two], {
      now: BEGIN + 40n * DAY,
      until,
      stays: () => undefined,
      hashesOf: () => [],
    });
    expect(due.map(({ snapshot: each, isWhole }) => [each === one, isWhole])).toEqual([[true, true]]);
  });
});
