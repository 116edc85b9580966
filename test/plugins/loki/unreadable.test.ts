/** Lines that Loki cannot read any more: each costs itself, and neither its stream nor its window. */
import { expect, test } from "bun:test";
import loki from "../../../plugins/loki/index.ts";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportSnapshot } from "../../../src/export/export-snapshot.ts";
import type { OpenBackend } from "../../../src/host/open.ts";
import { verifySnapshot } from "../../../src/verify/verify.ts";
import { FAST, jobOf, scratch } from "../../export/run.ts";
import { DAY, entriesFrom, HOUR, MINUTE, NOW, put, SECOND, stage } from "./support.ts";

const FIRST = NOW - 20n * HOUR;
const APPS = ["api", "db", "web", "worker"];

/** Exports a day of four streams, of which some is unreadable. */
async function exported(isUnreadable: (labels: string, time: bigint) => boolean) {
  using dir = scratch();
  await using here = stage({ isUnreadable });
  for (const app of APPS) put(here.face, { app }, entriesFrom(FIRST, 300, MINUTE));
  const plugin = { name: "loki", about: "the plugin", options: loki.options };
  const open: OpenBackend = { name: "loki", plugin, backend: here.backend, clock: () => NOW };
  const job = jobOf(dir.path, [open], {
    backends: [{ open, request: { range: DAY } }],
    tuning: { ...FAST, recounts: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
  });
  const { manifest, path } = await exportSnapshot(job);
  const flaws = (await verifySnapshot(path)).flaws;
  const lines = (await Bun.file(`${path}/logs.json`).text()).trimEnd().split("\n");
  const held = new Map<string, bigint[]>();
  for (const line of lines)
    for (const { stream, values } of JSON.parse(line).streams)
      held.set(stream.app, [
        ...(held.get(stream.app) ?? []),
        ...values.map(([time]: [string]) => BigInt(time)),
      ]);
  const [claims] = manifest.plugins;
  const lost = claims?.problems.find(({ reason }) => reason.includes("invalid chunk checksum"));
  return { status: claims?.status, lost, held, flaws, asked: here.asked.length };
}

const all = Array.from({ length: 300 }, (_, at) => FIRST + BigInt(at) * MINUTE);
const sorted = (times: readonly bigint[] = []): bigint[] => times.toSorted((a, b) => (a < b ? -1 : 1));

test("one line: every other line of its stream and of its window is saved", async () => {
  const bad = FIRST + 100n * MINUTE;
  const { status, lost, held, flaws } = await exported(
    (labels, time) => labels.includes('"db"') && time === bad,
  );
  for (const app of APPS)
    expect(sorted(held.get(app))).toEqual(app === "db" ? all.filter((time) => time !== bad) : all);
  expect(lost?.items).toEqual(['lines of {app="db", service_name="db"}']);
  expect(lost?.ranges).toHaveLength(1);
  expect([status, flaws]).toEqual(["partial", []]);
}, 60_000);

test("the whole chunk of a stream: the other streams, and its other hours, are saved", async () => {
  const { lost, held, asked } = await exported(
    (labels, time) => labels.includes('"db"') && time >= FIRST + HOUR && time < FIRST + 2n * HOUR,
  );
  for (const app of APPS.filter((one) => one !== "db")) expect(sorted(held.get(app))).toEqual(all);
  const rest = all.filter((time) => time < FIRST + HOUR || time >= FIRST + 2n * HOUR);
  expect(sorted(held.get("db")).length).toBeGreaterThan(rest.length - 10);
  expect(lost?.itemsTotal).toBeGreaterThan(0);
  // 1,300 to 5,000, as the steps beside it end; every line split down to its nanosecond would be 9,000.
  expect(asked).toBeLessThan(6_500);
}, 60_000);

test("several lines of several streams, seconds and streams apart", async () => {
  const bad = new Set([1n, 7n, 8n, 200n].map((minute) => FIRST + minute * MINUTE));
  const { held } = await exported(
    (labels, time) => /"(api|web)"/.test(labels) && bad.has(time - (time % SECOND)),
  );
  for (const app of APPS)
    expect(sorted(held.get(app))).toEqual(
      ["api", "web"].includes(app) ? all.filter((time) => !bad.has(time)) : all,
    );
}, 60_000);

test("the newest line: the inventory says its minute, and that it could not be read", async () => {
  const newest = FIRST + 299n * MINUTE;
  await using here = stage({ isUnreadable: (_, time) => time === newest });
  for (const app of APPS) put(here.face, { app }, entriesFrom(FIRST, 300, MINUTE));
  const found = await here.backend.inventory(new AbortController().signal);
  expect(found.oldest).toBe(FIRST);
  const apart = (found.newest ?? 0n) - newest;
  expect(apart < MINUTE && apart > -MINUTE).toBe(true);
  expect(found.warnings?.join()).toContain("invalid chunk checksum");
});
