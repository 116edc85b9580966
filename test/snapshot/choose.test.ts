import { expect, test } from "bun:test";
import { basename } from "node:path";
import { chooseAll, chooseNewest } from "../../src/snapshot/catalog/choose.ts";
import type { KeptSnapshot, KeptSnapshots } from "../../src/snapshot/catalog/kept.ts";
import type { Manifest, ManifestPlugin } from "../../src/snapshot/format/manifest.ts";
import { fromRfc3339, toRfc3339 } from "../../src/units/range.ts";
import { placeOf } from "../support/place.ts";

const HOUR = 3_600_000_000_000n;
const NOON = fromRfc3339("2026-01-24T12:00:00Z");

/** RFC 3339, so many hours after noon. */
const at = (hour: number): string => toRfc3339(NOON + BigInt(Math.round(hour * 3600)) * (HOUR / 3600n));
const range = (from: number, to: number) => ({ from: at(from), to: at(to) });
const nameAt = (hour: number): string => at(hour).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");

/** Lines of a time, read as one window. */
const lines = (from: number, to: number, entries: number) => ({
  windows: [{ ...range(from, to), read: { entries } }],
  counts: { entries },
  files: [
    {
      path: "logs.json",
      kind: "records" as const,
      bytes: 1,
      sha256: "",
      blocks: 1,
      records: entries,
      ...range(from, to),
      counts: { entries },
    },
  ],
});

/** What an export of a range made of Loki, at its end. */
function kept(
  from: number,
  to: number,
  plugin: Partial<ManifestPlugin> = {},
  name = nameAt(to),
): KeptSnapshot {
  const whole: ManifestPlugin = {
    name: "loki",
    status: "complete",
    signals: ["logs"],
    range: range(from, to),
    limits: [],
    notes: {},
    problems: [],
    durationMs: 1,
    ...lines(from, to, 5),
    ...plugin,
  };
  const manifest: Manifest = {
    format: 1,
    tool: "contextcore 0.1.0",
    created: at(to),
    finished: at(to),
    host: "h",
    user: "u",
    resumed: 0,
    range: range(from, to),
    status: whole.status,
    bytes: 1,
    plugins: [whole],
    index: { path: "blocks.jsonl", bytes: 0, sha256: "0".repeat(64), lines: 0 },
    sha256: new Bun.CryptoHasher("sha256").update(`${name} ${from}`).digest("hex"),
  };
  return { ...placeOf(`/backups/${name}`), manifest };
}

const all = (
  snapshots: readonly KeptSnapshot[],
  unreadable: KeptSnapshots["unreadable"] = [],
): KeptSnapshots => ({
  snapshots,
  unreadable,
});
const newest = (of: KeptSnapshots) => chooseNewest(of, () => true);
const linksIn = (of: KeptSnapshots): string[] =>
  newest(of).chains.flatMap(({ links }) => links.map(({ snapshot }) => basename(snapshot.path)));

test("a chain has each of its snapshots once", () => {
  expect(linksIn(all([kept(0, 24, { parent: null })]))).toEqual([nameAt(24)]);
  expect(linksIn(all([kept(0, 24, { parent: null }), kept(23, 48)]))).toEqual([nameAt(24), nameAt(48)]);
});

test("what cannot be read and is newer than what is taken may be what latest means: it is no mere passing over", () => {
  const unreadable = (name: string) => ({ ...placeOf(`/backups/${name}`), reason: "not valid JSON" });
  const brokenAmong = (of: readonly KeptSnapshot[], ...names: string[]) =>
    newest(all(of, names.map(unreadable))).broken.map(({ name }) => name);
  const night = kept(0, 24, { parent: null });
  expect(brokenAmong([night], nameAt(12), nameAt(25))).toEqual([nameAt(25)]);
  expect(newest(all([night], [unreadable(nameAt(25))])).passedOver).toEqual([]);
  // Of one second the number tells, and of a renamed snapshot its manifest.
  expect(brokenAmong([night], `${nameAt(24)}-2`)).toEqual([`${nameAt(24)}-2`]);
  const second = kept(0, 24, { parent: null }, `${nameAt(24)}-9`);
  expect(brokenAmong([second], nameAt(24), `${nameAt(24)}-10`)).toEqual([`${nameAt(24)}-10`]);
  expect(brokenAmong([kept(0, 24, { parent: null }, "20200101-000000")], nameAt(12))).toEqual([]);
});

test("an export of a server that has lost its data is not whole: an older snapshot has what it should", () => {
  const full = kept(0, 24, { parent: null });
  const empty = kept(-24, 48, { parent: null, windows: [], files: [], counts: {} });
  const reason = expect.stringContaining(`${nameAt(48)} found nothing where ${nameAt(24)} has data`);
  expect(newest(all([full, empty])).lacking).toEqual([{ name: "loki", reason }]);
  // The nights after it go on from it, and what it lacks stays lacking.
  expect(newest(all([full, empty, kept(47, 72)])).lacking).toEqual([{ name: "loki", reason }]);
  // A quiet night that continues the others lacks nothing, nor does an empty server that always was.
  expect(newest(all([full, kept(23, 48, { windows: [], files: [], counts: {} })])).lacking).toEqual([]);
  expect(newest(all([empty, kept(-24, 72, { parent: null, files: [] })])).lacking).toEqual([]);
  const elsewhere = kept(-24, 48, { parent: null, windows: [], files: [], url: "http://b" });
  expect(newest(all([kept(0, 24, { url: "http://a" }), elsewhere])).lacking).toEqual([]);
});

test("nights of -t 24h miss one another by seconds and are a chain; a longer gap is told, and is lacking", () => {
  const night = (end: number) => kept(end - 24, end);
  const nights = [night(24), night(48.01), night(72.02)];
  expect(linksIn(all(nights))).toEqual([24, 48.01, 72.02].map(nameAt));
  expect(newest(all(nights)).lacking).toEqual([]);
  expect(newest(all(nights)).chains[0]?.gaps).toHaveLength(2);
  const skipped = newest(all([night(24), night(72)]));
  expect(skipped.chains[0]?.links).toHaveLength(2);
  expect(skipped.lacking).toEqual([
    { name: "loki", reason: expect.stringMatching(/^24h between its first/) },
  ]);
  // Without knowing what a partial one lost, the chain of an older program goes on with the one before it.
  const lossy = { kind: "incomplete" as const, reason: "gone", ranges: [], items: [], itemsTotal: 0 };
  const partial = kept(24, 48, { status: "partial", problems: [lossy] });
  expect(linksIn(all([night(24), partial, night(72)]))).toEqual([nameAt(24), nameAt(72)]);
  // Before a whole one nothing is wanted.
  expect(linksIn(all([night(24), kept(40, 72, { parent: null })]))).toEqual([nameAt(72)]);
});

test("all that is kept takes rules from the last complete one, and says which newer ones it leaves out", () => {
  const rules = (sha256: string) => ({
    path: "rules.json",
    kind: "object" as const,
    bytes: 1,
    sha256,
    blocks: 1,
    records: 1,
    counts: { rules: 1 },
  });
  const night = kept(0, 24, { parent: null, files: [rules("a")] });
  const newer = (sha256: string) => all([night, kept(23, 48, { status: "partial", files: [rules(sha256)] })]);
  const notTaken = (of: KeptSnapshots) => chooseAll(of, () => true).notTaken;
  const reason = expect.stringContaining(`1 file of ${nameAt(48)} without a time`);
  expect(notTaken(newer("b"))).toEqual([{ name: "loki", reason }]);
  expect(notTaken(newer("a"))).toEqual([]);
  expect(notTaken(all([night]))).toEqual([]);
});

test("latest is of the configured tenant, when any of it is kept", () => {
  const [a, b] = [kept(0, 24, { parent: null, tenant: "a" }), kept(23, 48, { parent: null, tenant: "b" })];
  const stateFor = (tenant: string) =>
    chooseNewest(all([a, b]), () => true, [{ name: "loki", tenant }]).chains[0]?.state.plugin.tenant;
  expect(["a", "b", "c"].map(stateFor)).toEqual(["a", "b", "b"]);
});
