import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { retentionIn } from "../../src/config/retention.ts";
import { classTimes } from "../../src/retention/classes.ts";
import { coveredRanges, heldOnlyBy } from "../../src/snapshot/catalog/coverage.ts";
import type { KeptSnapshot } from "../../src/snapshot/catalog/kept.ts";
import { isEmpty, type Policy, planPrune } from "../../src/snapshot/catalog/retention.ts";
import type { Manifest, ManifestPlugin } from "../../src/snapshot/format/manifest.ts";
import { fromRfc3339, toRfc3339 } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const HOUR = 3_600_000_000_000n;
const DAY = 86_400_000_000_000n;
const NOW = fromRfc3339("2026-01-24T14:30:00Z");

/** How long each class is kept where the configuration says nothing. */
const KEPT = classTimes({ retention: retentionIn({}) });

type Kept = Pick<ManifestPlugin, "importance" | "class">;

const plugin = (kept: Kept): ManifestPlugin => ({
  name: "loki",
  status: "complete",
  ...kept,
  limits: [],
  notes: {},
  counts: {},
  windows: [],
  problems: [],
  files: [],
  durationMs: 1,
});

function snapshot(created: bigint, options: { status?: Manifest["status"] } & Kept = {}): KeptSnapshot {
  const { status = "complete", ...kept } = options;
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
    status,
    bytes: 1,
    plugins: [plugin({ importance: "low", ...kept })],
    index: { path: "blocks.jsonl", bytes: 0, sha256: "0".repeat(64), lines: 0 },
    sha256: "0".repeat(64),
  };
  return { ...placeOf(`/backups/${time}`), manifest };
}

/** One a day at noon, the oldest first. */
const daily = (days: number): KeptSnapshot[] =>
  Array.from({ length: days }, (_, index) => snapshot(NOW - BigInt(days - 1 - index) * DAY));

const kept = (snapshots: readonly KeptSnapshot[], policy: Policy): string[] =>
  planPrune(snapshots, policy, { now: NOW, allowGaps: true })
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ snapshot: { manifest } }) => manifest.created.slice(0, 10));

describe("a policy", () => {
  test("keeps the newest so many", () => {
    expect(kept(daily(10), { last: 3 })).toEqual(["2026-01-24", "2026-01-23", "2026-01-22"]);
  });

  test("keeps one of each period, and periods without a snapshot do not count", () => {
    expect(kept(daily(40), { monthly: 2 })).toEqual(["2026-01-24", "2025-12-31"]);
    expect(kept(daily(20), { weekly: 3 })).toEqual(["2026-01-24", "2026-01-18", "2026-01-11"]);
    expect(kept([snapshot(NOW - 400n * DAY), ...daily(2)], { yearly: 2 })).toEqual([
      "2026-01-24",
      "2024-12-20",
    ]);
    expect(kept([...daily(3), snapshot(NOW + 1n)], { daily: 2 })).toHaveLength(2);
  });

  test("keeps what is younger than a time, to the nanosecond", () => {
    expect(kept(daily(10), { within: 2n * DAY })).toEqual(["2026-01-24", "2026-01-23"]);
    expect(kept(daily(10), { within: 2n * DAY + 1n })).toHaveLength(3);
  });

  test("keeps a snapshot as long as the most important data in it", () => {
    const old = [
      snapshot(NOW - 2000n * DAY, { importance: "critical" }),
      snapshot(NOW - 1000n * DAY, { importance: "medium" }),
      snapshot(NOW - 100n * DAY, { importance: "low" }),
      snapshot(NOW),
    ];
    expect(kept(old, { classes: KEPT }).map((day) => day.slice(0, 4))).toEqual(["2026", "2020"]);
  });

  test("keeps it by the class that somebody gave the data, whatever its importance; what is not known, longest", () => {
    const old = [
      snapshot(NOW - 2000n * DAY, { importance: "low", class: "critical" }),
      snapshot(NOW - 1500n * DAY, { class: "of a later version" }),
      snapshot(NOW - 100n * DAY, { importance: "critical", class: "transient" }),
      snapshot(NOW),
    ];
    expect(kept(old, { classes: KEPT }).map((day) => day.slice(0, 4))).toEqual(["2026", "2021", "2020"]);
  });

  test("never removes the newest complete snapshot", () => {
    const partial = [
      snapshot(NOW - 9n * DAY),
      snapshot(NOW - DAY, { status: "partial" }),
      snapshot(NOW, { status: "failed" }),
    ];
    expect(kept(partial, { last: 1 })).toEqual(["2026-01-24", "2026-01-15"]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(3), fc.nat(3), (days, last, weekly) => {
        expect(kept(daily(days), { last, weekly })).toContain("2026-01-24");
      }),
    );
  });

  test("that keeps nothing is recognised", () => {
    expect([
      isEmpty({}),
      isEmpty({ last: 0, within: 0n }),
      isEmpty({ last: 1 }),
      isEmpty({ classes: KEPT }),
    ]).toEqual([true, true, false, false]);
  });

  test("never leaves a gap unless gaps are allowed", () => {
    const day = (index: number): KeptSnapshot => {
      const made = snapshot(NOW - BigInt(9 - index) * DAY);
      const range = { from: toRfc3339(NOW - BigInt(10 - index) * DAY), to: made.manifest.created };
      return {
        ...made,
        manifest: {
          ...made.manifest,
          plugins: [{ ...plugin({ importance: "high" }), signals: ["logs"], range }],
        },
      };
    };
    const increments = Array.from({ length: 10 }, (_, index) => day(index));
    const plan = planPrune(increments, { last: 2 }, { now: NOW });
    expect(plan.every(({ reasons }) => reasons.length > 0)).toBe(true);
    expect(plan.at(-1)?.reasons).toEqual(["no other kept one has 24h of loki"]);
    expect(
      planPrune([...increments, day(3)], { last: 3 }, { now: NOW }).filter(
        ({ reasons }) => reasons.length === 0,
      ),
    ).toHaveLength(1);
    expect(kept(increments, { last: 2 })).toHaveLength(2);
  });

  /** Made so many hours ago, and holding of each backend so many hours before that. */
  const holdingHours = (
    ago: number,
    hours: Readonly<Record<string, number>>,
    options: Parameters<typeof snapshot>[1] = {},
  ): KeptSnapshot => {
    const made = snapshot(NOW - BigInt(ago) * HOUR, options);
    const to = NOW - BigInt(ago) * HOUR;
    const plugins = Object.entries(hours).map(([name, length]) => ({
      ...plugin({ importance: "high" }),
      name,
      signals: [name === "grafana" ? ("dashboards" as const) : ("logs" as const)],
      range: { from: toRfc3339(to - BigInt(length) * HOUR), to: toRfc3339(to) },
    }));
    return { ...made, manifest: { ...made.manifest, plugins } };
  };

  test("a day is stood for by its fullest snapshot: complete, with the most backends, then the newest of the long ones", () => {
    const nightly = holdingHours(12, { loki: 24, grafana: 24 });
    const earlier = holdingHours(13, { loki: 24, grafana: 24 });
    const short = holdingHours(11, { loki: 1, grafana: 1 });
    const dashboards = holdingHours(10, { grafana: 1 });
    const broken = holdingHours(9, { loki: 24, tempo: 24, grafana: 24 }, { status: "partial" });
    const plan = planPrune(
      [earlier, nightly, short, dashboards, broken],
      { daily: 1 },
      { now: NOW, allowGaps: true },
    );
    const reasons = new Map(plan.map((one) => [one.snapshot, one.reasons]));
    expect(reasons.get(nightly)).toEqual(["the fullest of the day 2026-01-24"]);
    expect([earlier, short, broken].map((one) => reasons.get(one))).toEqual([[], [], []]);
    expect(planPrune([broken], { daily: 1 }, { now: NOW })[0]?.reasons).toEqual([
      "the fullest of the day 2026-01-24",
    ]);
  });

  test("what an older one that stays holds too is no reason to keep a newer one", () => {
    const wide = holdingHours(10, { loki: 20 });
    const inside = holdingHours(12, { loki: 2 });
    const newer = holdingHours(9, { loki: 3 });
    const last = holdingHours(0, { loki: 1 });
    const plan = planPrune([inside, wide, newer, last], { last: 1 }, { now: NOW });
    expect(plan.map(({ reasons }) => reasons)).toEqual([
      ["the newest complete one", "one of the last 1"],
      ["no other kept one has 1h of loki"],
      ["no other kept one has 18h of loki"],
      [],
    ]);
    const covered = planPrune([wide, holdingHours(11, { loki: 2 }), last], { last: 1 }, { now: NOW });
    expect(covered.map(({ reasons }) => reasons.length > 0)).toEqual([true, false, true]);
  });

  /** What an export of a day read, in four windows of six hours. */
  const reading = (ago: number, hours: number, entries: number): KeptSnapshot => {
    const made = holdingHours(ago, { loki: hours });
    const end = NOW - BigInt(ago) * HOUR;
    const windows = Array.from({ length: hours / 6 }, (_, at) => ({
      from: toRfc3339(end - BigInt(hours - at * 6) * HOUR),
      to: toRfc3339(end - BigInt(hours - at * 6 - 6) * HOUR),
      read: { entries },
    }));
    const counts = { entries: (entries * hours) / 6 };
    const file = { path: "logs.json", kind: "records" as const, bytes: 1, sha256: "", blocks: 1, records: 1 };
    const [first, last] = [windows[0], windows.at(-1)];
    const files = [{ ...file, from: first?.from ?? "", to: last?.to ?? "", counts }];
    const plugins = made.manifest.plugins.map((one) => ({ ...one, windows, files, counts }));
    return { ...made, manifest: { ...made.manifest, plugins } };
  };

  test("a server that lost its data covers nothing with what it exports of the same time", () => {
    const full = reading(10, 24, 5);
    const empty = reading(4, 48, 0);
    const reasonsOf = (one: KeptSnapshot, ...all: KeptSnapshot[]) =>
      planPrune(all, { last: 1 }, { now: NOW }).find(({ snapshot: of }) => of === one)?.reasons;
    expect(reasonsOf(full, full, empty)).toEqual(["no other kept one has 24h of loki"]);
    // Fewer are not the same; as many are, and so are two halves.
    expect(reasonsOf(full, full, reading(4, 48, 4))).toEqual(["no other kept one has 24h of loki"]);
    expect(reasonsOf(full, full, reading(4, 48, 5))).toEqual([]);
    const [older, newer] = [reading(22, 12, 5), reading(4, 18, 5)];
    expect(heldOnlyBy(full, [older, newer])).toEqual([]);
    // Nothing that is nothing elsewhere, too, is no reason.
    expect(reasonsOf(empty, reading(3, 60, 0), empty, reading(0, 60, 0))).toEqual([]);
  });

  test("an emptied Grafana is no copy of a full one", () => {
    const grafana = (ago: number, records: number): KeptSnapshot => {
      const made = holdingHours(ago, { grafana: 24 });
      const file = { path: "dashboards/a.json", kind: "object" as const, bytes: 1, sha256: "", blocks: 1 };
      const files = [{ ...file, records, counts: { dashboards: records } }];
      const plugins = made.manifest.plugins.map((one) => ({ ...one, files }));
      return { ...made, manifest: { ...made.manifest, plugins } };
    };
    const [full, empty] = [grafana(9, 1), grafana(1, 0)];
    expect(heldOnlyBy(full, [empty])).toEqual([{ backend: "grafana", ranges: [] }]);
    expect(heldOnlyBy(full, [grafana(1, 1)])).toEqual([]);
  });

  test("each that is kept for what it holds holds it alone, and nothing is lost", () => {
    const made = fc.record({ ago: fc.nat(60), length: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(fc.array(made, { minLength: 1, maxLength: 12 }), (all) => {
        const snapshots = all
          .sort((a, b) => b.ago - a.ago)
          .map(({ ago, length }) => holdingHours(ago, { loki: length }));
        const plan = planPrune(snapshots, { last: 1 }, { now: NOW });
        const stay = plan.filter(({ reasons }) => reasons.length > 0);
        const left = stay.map(({ snapshot: one }) => one);
        expect(coveredRanges(left, "loki")).toEqual(coveredRanges(snapshots, "loki"));
        for (const { snapshot: one, reasons } of stay) {
          if (!reasons.some((reason) => reason.startsWith("no other"))) continue;
          expect(
            heldOnlyBy(
              one,
              left.filter((each) => each !== one),
            ),
          ).not.toEqual([]);
        }
      }),
    );
  });

  test("does not take a selection for a whole", () => {
    const whole = snapshot(NOW - DAY);
    const selected = snapshot(NOW);
    const range = { from: toRfc3339(NOW - 5n * DAY), to: toRfc3339(NOW) };
    const holding = (one: KeptSnapshot, match?: string): KeptSnapshot => ({
      ...one,
      manifest: {
        ...one.manifest,
        plugins: [
          {
            ...plugin({ importance: "high" }),
            signals: ["logs"],
            range,
            ...(match === undefined ? {} : { match }),
          },
        ],
      },
    });
    const plan = planPrune([holding(whole), holding(selected, '{app="x"}')], { last: 1 }, { now: NOW });
    expect(plan.map(({ reasons }) => reasons.length > 0)).toEqual([true, true]);
  });
});
