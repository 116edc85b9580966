/** What the overview says of a stack, sentence by sentence. */
import { expect, test } from "bun:test";
import type { ListedDrill, ListedSnapshot, Schedule, SnapshotList } from "../../web/api/shapes.ts";
import { proofsOf } from "../../web/views/overview/drilled.ts";
import { verdictOf } from "../../web/views/overview/finding.ts";
import { findingsOf, holdingsOf } from "../../web/views/overview/standing.ts";

type Status = ListedSnapshot["status"];

/** A snapshot of the hour before, by the statuses of its backends. */
function made(created: string, statuses: Readonly<Record<string, Status>>): ListedSnapshot {
  const all = Object.values(statuses);
  const isComplete = all.every((one) => one === "complete");
  return {
    ...{ name: created, path: `/backups/${created}`, bytes: 1, created, here: true, places: [] },
    range: { from: "2026-01-24T01:00:00Z", to: created },
    status: isComplete ? "complete" : "partial",
    backends: Object.entries(statuses).map(([backend, status]) => ({ backend, status })),
  };
}

const listOf = (snapshots: readonly ListedSnapshot[], more: Partial<SnapshotList> = {}): SnapshotList => ({
  ...{ directory: "/backups", snapshots: [...snapshots], sealed: [], unfinished: [], unreadable: [] },
  coverage: [],
  ...more,
});

const nightly = (outcome: "success" | "partial" | "failed"): Schedule => ({
  ...{ name: "nightly", task: "export", params: {}, cron: "0 2 * * *", zone: "UTC" },
  ...{ jitterSeconds: 0, catchUp: true, retries: 0, attempts: 1, next: "2026-01-26T02:00:00Z" },
  lastRun: { outcome, ended: "2026-01-25T02:05:00Z" },
});

const NOW = Date.parse("2026-01-25T08:00:00Z");

/** What is said of a stack, a line each. */
function said(known: Omit<Parameters<typeof findingsOf>[0], "now">): string[] {
  const whole = { ...known, now: NOW };
  return findingsOf(whole, holdingsOf(whole)).map(({ subject = "", text }) => `${subject} ${text}`.trim());
}

const NIGHTS = [
  made("2026-01-24T02:00:00Z", { ledger: "complete", files: "complete" }),
  made("2026-01-25T02:00:00Z", { ledger: "complete", files: "failed" }),
];

test("a partial run breaks its promise for the backends alone that it did not save", () => {
  const told = said({ list: listOf(NIGHTS), schedules: [nightly("partial")] }).join("\n");
  expect(told).toMatch(/files is not saved since .*, though the schedule “nightly” was to save it by /);
  expect(told).not.toContain("ledger");
  const failed = said({ list: listOf(NIGHTS), schedules: [nightly("failed")] }).join("\n");
  expect(failed).toContain("ledger is not saved since");
});

test("a backend is whole where its own part is, whatever became of the others", () => {
  const known = { list: listOf(NIGHTS), schedules: [], now: NOW };
  const [files, ledger] = holdingsOf(known);
  expect(ledger?.savedUntil).toBe(Date.parse("2026-01-25T02:00:00Z"));
  expect(files?.savedUntil).toBe(Date.parse("2026-01-24T02:00:00Z"));
  const told = said(known).join("\n");
  expect(told).toContain("files is not wholly saved: its newest snapshot lacks something.");
  expect(told).not.toContain("ledger");
});

test("the sentence above contradicts nothing of what stands below it", () => {
  const gap = { severity: "warning", text: "has 1 gap", isUnsaved: true } as const;
  const other = { severity: "warning", text: "ran last with the outcome “cancelled”." } as const;
  expect(verdictOf([gap], true).text).toBe("Not everything is saved");
  expect(verdictOf([other], true).text).toBe("Everything is saved, with something to look at");
  expect(verdictOf([], false).text).toBe("Everything is saved, as far as is known");
  expect(verdictOf([], true)).toEqual({ severity: "good", text: "Everything is saved" });
});

type Verdict = ListedDrill["backends"][number]["verdict"];

const drill = (name: string, verdicts: Readonly<Record<string, Verdict>>): ListedDrill => ({
  ...{ name, began: `${name}T03:00:00Z`, seconds: 1 },
  backends: Object.entries(verdicts).map(([backend, verdict]) => ({ backend, verdict, seconds: 1 })),
});

const DRILLS = [
  drill("2026-01-25", { ledger: "proved", grafana: "owed" }),
  { name: "2026-01-24", problem: "not JSON", backends: [] },
  drill("2026-01-23", { loki: "different", ledger: "failed", grafana: "proved" }),
  drill("2026-01-22", { loki: "proved", tempo: "rehearsed" }),
];

test("a drill of one backend hides nothing of the others, and what is owed is said", () => {
  const told = said({ list: listOf(NIGHTS), schedules: [nightly("success")], drills: DRILLS });
  expect(told.filter((one) => one.includes("drill"))).toEqual([
    "The newest drill found something that did not come back as it was saved. It was of loki.",
    "The newest drill could not be made: something for it is missing. It was of grafana.",
    "1 report of a drill cannot be read.",
  ]);
});

test("each backend has its own proof, and the oldest comes first", () => {
  const { proved, rehearsed, without } = proofsOf(DRILLS, ["grafana", "ledger", "loki", "redis", "tempo"]);
  expect(proved.map(({ backend, name }) => `${backend} ${name}`)).toEqual([
    "loki 2026-01-22",
    "grafana 2026-01-23",
    "ledger 2026-01-25",
  ]);
  expect(rehearsed.map(({ backend }) => backend)).toEqual(["tempo"]);
  expect(without).toEqual(["redis"]);
});
