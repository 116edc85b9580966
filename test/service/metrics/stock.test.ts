/** What is held, in numbers: sizes of chains, gaps and when they are lost for good, places, ages by class. */
import { expect, test } from "bun:test";
import { retentionIn } from "../../../src/config/retention.ts";
import type { KnownCopy } from "../../../src/copies/record/known-copies.ts";
import { classTimes } from "../../../src/retention/classes.ts";
import { categoryAges, expiresSeconds, lengthSeconds, stockOf } from "../../../src/service/metrics/stock.ts";
import type { Manifest, ManifestPlugin } from "../../../src/snapshot/format/manifest.ts";
import { slimmed } from "../../../src/tasks/snapshots/slim.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = Date.parse("2026-01-01T00:00:00Z");

/** So many hours after the beginning. */
const at = (hours: number): string => new Date(START + hours * HOUR * 1000).toISOString();
const now = (hours: number): number => START + hours * HOUR * 1000;
const range = (from: number, to: number) => ({ from: at(from), to: at(to) });
const sha = (name: string): string => Bun.SHA256.hash(name, "hex");

const plugin = (from: number, to: number, more: Partial<ManifestPlugin> = {}): ManifestPlugin => ({
  name: "loki",
  status: "complete",
  signals: ["logs"],
  limits: [],
  notes: {},
  counts: {},
  windows: [],
  problems: [],
  durationMs: 1500,
  range: range(from, to),
  retentionSeconds: 7 * DAY,
  files: [
    { path: "logs.json", kind: "records", bytes: 100, sha256: sha(""), blocks: 1, records: 10, counts: {} },
  ],
  ...more,
});

function held(name: string, hours: number, plugins: readonly ManifestPlugin[], isHere = true) {
  const manifest: Manifest = {
    format: 1,
    tool: "contextcore",
    created: at(hours),
    finished: at(hours),
    host: "h",
    user: "u",
    resumed: 0,
    range: range(0, hours),
    status: plugins.every(({ status }) => status === "complete") ? "complete" : "partial",
    bytes: 1,
    plugins: [...plugins],
    index: { path: "blocks.jsonl", bytes: 0, sha256: sha(""), lines: 0 },
    sha256: sha(name),
  };
  return { path: `/backups/${name}`, isHere, manifest: slimmed(manifest) };
}

const ALONE = { damaged: 0, places: [], wanted: [] };

const lokiOf = (...snapshots: Parameters<typeof stockOf>[0]) => {
  const stock = stockOf(snapshots, [], ALONE).backends.get("loki");
  if (stock === undefined) throw new Error("nothing is held");
  return stock;
};

test("of increments a restore reads all, and what is told of an export is of the newest", () => {
  const parent = (name: string) => ({ parent: { snapshot: "20260101-000000", sha256: sha(name) } });
  const loki = lokiOf(
    held("alone", 1, [plugin(0, 1)]),
    held("whole", 24, [plugin(0, 24)]),
    held("second", 48, [plugin(24, 48, parent("whole"))]),
    held("third", 72, [plugin(48, 72, { ...parent("second"), durationMs: 2500 })]),
  );
  expect(loki).toMatchObject({ bytes: 100, records: 10, restoredBytes: 300, seconds: 2.5, gaps: [] });
  expect(loki.completed).toBe(BigInt(now(72)) * 1_000_000n);
});

test("an export that failed, was partial or restricted is not the last success, and a circle of parents ends", () => {
  const loki = lokiOf(
    held("good", 24, [plugin(0, 24)]),
    held("chosen", 48, [plugin(24, 48, { match: '{app="x"}' })]),
    held("bad", 72, [plugin(24, 72, { status: "failed", files: [] })]),
  );
  expect(loki.completed).toBe(BigInt(now(24)) * 1_000_000n);
  expect(loki.records).toBe(10);
  const circle = plugin(0, 1, { parent: { snapshot: "20260101-000000", sha256: sha("circle") } });
  expect(lokiOf(held("circle", 1, [circle])).restoredBytes).toBe(100);
});

test("a gap is told until the server has removed all of it, the oldest first; what is newer than the newest counts, too", () => {
  const loki = lokiOf(held("one", 24, [plugin(0, 24)]), held("two", 96, [plugin(72, 96)]));
  expect(lengthSeconds(loki.gaps)).toBe(2 * DAY);
  // From hour 24 on nothing was saved: a week later, at hour 192, its server begins to remove that.
  expect(expiresSeconds(loki, now(100))).toBe(92 * HOUR);
  // From then on something is being lost, until the whole gap is gone at hour 240.
  expect(expiresSeconds(loki, now(200))).toBe(0);
  // Then the next that goes is what came after the newest snapshot.
  expect(expiresSeconds(loki, now(241))).toBe((96 + 168 - 241) * HOUR);
  expect(expiresSeconds(lokiOf(held("one", 24, [plugin(0, 24)])), now(25))).toBe(167 * HOUR);
});

test("a backend that was exported before another one has no gap for that", () => {
  const tempo = { name: "tempo", signals: ["traces" as const] };
  const loki = lokiOf(
    held("both", 24, [plugin(0, 24), plugin(0, 24, tempo)]),
    held("later", 30, [plugin(24, 30, tempo)]),
  );
  expect(loki.gaps).toEqual([]);
  expect(expiresSeconds(loki, now(31))).toBe((24 + 168 - 31) * HOUR);
});

test("a server that keeps everything removes nothing", () => {
  const loki = lokiOf(held("one", 24, [plugin(0, 24, { retentionSeconds: "unlimited" })]));
  expect(expiresSeconds(loki, now(9999))).toBeUndefined();
});

const copyOf = (name: string, place: string, sound = true): KnownCopy => ({
  place,
  name: "20260101-000000",
  copy: sha(`copy ${name}`),
  manifest: sha(name),
  bytes: 50,
  objects: 3,
  checked: { at: at(48), depth: "listed", sound },
});

test("a place lacks what is here and not sound there; what is only a copy lacks nothing", () => {
  const snapshots = [
    held("here", 1, [plugin(0, 1)]),
    held("spoilt", 2, [plugin(1, 2)]),
    held("elsewhere", 3, [plugin(2, 3)], false),
  ];
  const known = [copyOf("here", "usb"), copyOf("spoilt", "usb", false), copyOf("elsewhere", "s3")];
  const { places } = stockOf(snapshots, known, {
    damaged: 2,
    places: ["usb", "s3", "new"],
    wanted: ["usb", "new"],
  });
  expect(places).toEqual([
    { name: "usb", copies: 1, bytes: 50, damaged: 1, missing: 1, checked: BigInt(now(48)) * 1_000_000n },
    { name: "s3", copies: 1, bytes: 50, damaged: 0, checked: BigInt(now(48)) * 1_000_000n },
    { name: "new", copies: 0, bytes: 0, damaged: 0, missing: 2 },
  ]);
});

test("a class is as old as the oldest snapshot with such data", () => {
  const { oldest } = stockOf(
    [
      held("old", 24, [
        plugin(0, 24, { importance: "low" }),
        plugin(0, 24, { name: "db", class: "critical" }),
      ]),
      held("new", 48, [plugin(24, 48, { importance: "low" })]),
    ],
    [],
    ALONE,
  );
  const ages = new Map(
    categoryAges(oldest, classTimes({ retention: retentionIn({}) }), now(72)).map((one) => [
      one.category,
      one,
    ]),
  );
  expect(ages.get("transient")).toEqual({
    category: "transient",
    ageSeconds: 2 * DAY,
    policySeconds: 30 * DAY,
  });
  expect(ages.get("critical")).toMatchObject({ ageSeconds: 2 * DAY, policySeconds: 7 * 365 * DAY });
  expect(ages.get("operational")).toEqual({ category: "operational", policySeconds: 365 * DAY });
});

test("in a place with a class of its own everything is as old as it is there, and of that class", () => {
  const low = (name: string, hours: number, isHere: boolean) =>
    held(name, hours, [plugin(0, 24, { importance: "low" })], isHere);
  const snapshots = [low("only there", 24, false), low("both", 48, true)];
  const known = [copyOf("only there", "usb"), copyOf("both", "usb"), copyOf("both", "s3")];
  const of = { ...ALONE, places: ["usb", "s3"], classes: { usb: "operational" } };
  const { oldest } = stockOf(snapshots, known, of);
  expect([...oldest].sort()).toEqual([
    ["operational", BigInt(now(24)) * 1_000_000n],
    ["transient", BigInt(now(48)) * 1_000_000n],
  ]);
});
