/** Samples that a server cannot read any more: each costs itself, and neither its series nor its hour. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import mimir from "../../../plugins/mimir/index.ts";
import { parseLine } from "../../../plugins/mimir/line/parse.ts";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportSnapshot } from "../../../src/export/export-snapshot.ts";
import type { OpenBackend } from "../../../src/host/open.ts";
import { verifySnapshot } from "../../../src/verify/verify.ts";
import { FAST, jobOf, scratch } from "../../export/run.ts";
import type { MimirKnobs } from "../../lab/mimir/knobs.ts";
import { HOUR_MS, manySeries, now, REQUEST, START, serveLab } from "./support.ts";

type IsUnreadable = NonNullable<MimirKnobs["isUnreadable"]>;

const SERIES = manySeries(4, 3);

/** Exports three hours of twelve series, of which some is unreadable. */
async function exported(isUnreadable: IsUnreadable, remoteRead: MimirKnobs["remoteRead"] = "streamed") {
  using dir = scratch();
  await using here = serveLab({ limits: { isUnreadable, remoteRead } });
  here.face.put(SERIES);
  const plugin = { name: "mimir", about: "the plugin", options: mimir.options };
  const open: OpenBackend = { name: "mimir", plugin, backend: here.open(), clock: now };
  const job = jobOf(dir.path, [open], {
    backends: [{ open, request: REQUEST }],
    tuning: { ...FAST, recounts: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
  });
  const { manifest, path } = await exportSnapshot(job);
  const { flaws } = await verifySnapshot(path);
  const [claims] = manifest.plugins;
  const lost = (claims?.problems ?? []).filter(({ reason }) => reason.includes("invalid checksum"));
  const held = heldIn(readFileSync(`${path}/metrics.json`, "utf8"));
  return { status: claims?.status, lost, held, flaws, asked: here.asked.length };
}

/** `instance time` of every sample. */
function heldIn(text: string): string[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.flatMap((line) => {
    const { labels, series } = parseLine(line);
    return Array.from({ length: series.count }, (_, at) => `${nameOf(labels)} ${series.times[at]}`);
  });
}

const nameOf = (labels: readonly (readonly [string, string])[]): string =>
  labels.map(([, value]) => value).join("/");

const allBut = (isLost: IsUnreadable): string[] =>
  SERIES.flatMap(({ labels, points }) => {
    const text = JSON.stringify(Object.fromEntries(labels));
    return points.filter(({ time }) => !isLost(text, time)).map(({ time }) => `${nameOf(labels)} ${time}`);
  }).sort();

/** That of the series `metric_1{instance="5"}`, whose samples come at the full quarter of a minute. */
const inFive = (text: string): boolean => text.includes('"instance":"5"');

describe.each(["streamed", "sampled", "none"] as const)("remote read: %s", (remoteRead) => {
  test("one sample: every other one of its series and of its hour is saved", async () => {
    const isUnreadable: IsUnreadable = (text, time) => inFive(text) && time === START + HOUR_MS + 600_000;
    const { status, lost, held, flaws, asked } = await exported(isUnreadable, remoteRead);
    expect(held.toSorted()).toEqual(allBut(isUnreadable));
    expect(lost.flatMap(({ items }) => items)).toContain('samples of metric_1{instance="5"}');
    expect([status, flaws]).toEqual(["partial", []]);
    expect(asked).toBeLessThan(600);
  }, 60_000);
});

test("a whole hour of one series: all others, and its other hours, are saved", async () => {
  const isUnreadable: IsUnreadable = (text, time) =>
    inFive(text) && time >= START + HOUR_MS && time < START + 2 * HOUR_MS;
  const { held, lost, asked } = await exported(isUnreadable);
  expect(held.toSorted()).toEqual(allBut(isUnreadable));
  expect(lost).not.toBeEmpty();
  expect(asked).toBeLessThan(4_000);
}, 60_000);

test("several samples of several series", async () => {
  const times = new Set([0, 15, 1800, 9000].map((seconds) => Math.floor((START + seconds * 1_000) / 15_000)));
  const isUnreadable: IsUnreadable = (text, time) =>
    /"instance":"(2|5|11)"/.test(text) && times.has(Math.floor(time / 15_000));
  const { held } = await exported(isUnreadable);
  expect(held.toSorted()).toEqual(allBut(isUnreadable));
}, 60_000);

test("a server that cannot read a sample only now and then loses none", async () => {
  let looks = 0;
  const { status, held, lost } = await exported((text, time) => {
    if (!inFive(text) || time !== START + HOUR_MS + 600_000) return false;
    looks += 1;
    return looks % 3 === 1;
  });
  expect([status, lost]).toEqual(["complete", []]);
  expect(held.toSorted()).toEqual(allBut(() => false));
}, 60_000);
