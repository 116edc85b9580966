/** Runs are found, counted and removed. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openActivity } from "../../src/activity/database/open.ts";
import { openDoor } from "../../src/activity/door.ts";
import { beforeForSize, countPurge, purge } from "../../src/activity/purge/purge.ts";
import type { RunFilter } from "../../src/activity/query/filter.ts";
import { eachRun, listRuns } from "../../src/activity/query/list.ts";
import { findRun } from "../../src/activity/query/show.ts";
import { runStats } from "../../src/activity/query/stats.ts";
import { temporaryDirectory } from "../support/directory.ts";

const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 0, 1);
const COUNT = 6_000;

/** Two a day in a thousand days would do for nothing: so many that some filters are common, and some rare. */
async function filled(count = COUNT): Promise<string> {
  const path = join(temporaryDirectory(), "activity.db");
  const door = openDoor({ path });
  for (let at = 0; at < count; at += 1) {
    const started = FIRST + Math.floor((at * 30 * DAY) / count);
    const isRare = at % 1_000 === 7;
    const run = door.begin({
      source: "api",
      operation: "chat",
      user: `user-${at % 3}`,
      started,
      ...(isRare && { entity: { type: "ticket", id: `${at}` } }),
      asked: {
        model: at % 2 === 0 ? "small" : "large",
        isStream: false,
        input: [
          { role: "user", parts: [{ type: "text", text: `common words ${isRare ? "needle" : ""} ${at}` }] },
        ],
      },
    });
    run.end({
      status: at % 10 === 0 ? "error" : "ok",
      ended: started + 100 + (at % 100),
      answer: {
        tokens: { input: 10, output: at % 500 === 1 ? 90_000 : 20 },
        output: isRare
          ? [{ role: "assistant", parts: [{ type: "tool_call", id: `c${at}`, name: "look", arguments: {} }] }]
          : [],
      },
    });
  }
  await door.close(60_000);
  expect(door.state()).toMatchObject({ lost: 0, waiting: 0 });
  return path;
}

let path: string;
let database: DatabaseSync;
beforeAll(async () => {
  path = await filled();
  database = openActivity(path);
}, 60_000);
afterAll(() => database.close());

const found = (filter: RunFilter, limit = 10_000): number => listRuns(database, { ...filter, limit }).length;

test.each<[RunFilter, number]>([
  [{}, COUNT],
  [{ user: "user-1" }, 2_000],
  [{ user: "nobody" }, 0],
  [{ user: "user-1", model: "large" }, 1_000],
  [{ status: "error" }, 600],
  [{ tool: "look" }, 6],
  [{ text: "needle" }, 6],
  [{ text: "common words" }, COUNT],
  [{ text: "common needle", user: "user-1" }, 2],
  [{ text: '"needle" OR common*' }, 0],
  [{ tokens: 50_000 }, 12],
  [{ entityType: "ticket", entityId: "1007" }, 1],
  [{ from: FIRST + DAY, to: FIRST + 2 * DAY }, 200],
  [{ from: FIRST + DAY, to: FIRST + 2 * DAY, status: "error", model: "small" }, 20],
])("%j", (filter, count) => {
  expect(found(filter)).toBe(count);
  expect([...eachRun(database, filter)]).toHaveLength(count);
});

test("page by page, newest first, each once", () => {
  const seen: number[] = [];
  for (let before: number | undefined; ; ) {
    const page = listRuns(database, { user: "user-2", limit: 300, ...(before !== undefined && { before }) });
    seen.push(...page.map(({ started }) => Number(started)));
    before = page.at(-1)?.seq;
    if (page.length < 300) break;
  }
  expect(seen).toEqual([...seen].sort((a, b) => b - a));
  expect(new Set(seen).size).toBe(2_000);
});

test("one is shown with what was said, by the beginning of its id, if no other has that", () => {
  const [newest] = listRuns(database, { tool: "look", limit: 1 });
  const whole = findRun(database, String(newest?.id));
  expect(whole?.input[0]?.parts).toEqual([{ type: "text", text: "common words needle 5007" }]);
  expect(whole?.toolCalls).toEqual([
    expect.objectContaining({ name: "look", status: "called", arguments: "{}" }),
  ]);
  expect([findRun(database, "0"), findRun(database, "not an id")]).toEqual([undefined, undefined]);
});

test("statistics are those of the runs", () => {
  const [all] = runStats(database, { from: FIRST, to: FIRST + 30 * DAY }, "model").filter(
    ({ model }) => model === "large",
  );
  expect(all).toMatchObject({
    runs: 3_000,
    errors: 0,
    tokensInput: 30_000,
    tokensOutput: 20 * 2_988 + 90_000 * 12,
  });
  expect(all?.medianMs).toBeWithin(140, 160);
  expect(all?.firstMedianMs).toBeUndefined();
  const days = runStats(database, { from: FIRST + DAY, to: FIRST + 3 * DAY }, "day");
  expect(days.map(({ day, runs }) => [day, runs])).toEqual([
    [FIRST + DAY, 200],
    [FIRST + 2 * DAY, 200],
  ]);
});

test("what is purged is counted before, and in none of the files afterwards", async () => {
  const own = await filled(3_000);
  const files = (): Buffer[] =>
    readdirSync(join(own, "..")).map((name) => readFileSync(join(own, "..", name)));
  const holds = (text: string): boolean => files().some((bytes) => bytes.includes(text));
  expect([holds("needle"), holds("user-1")]).toEqual([true, true]);
  const open = openActivity(own);
  const to = { runsBefore: FIRST + 10 * DAY, contentBefore: FIRST + 40 * DAY };
  expect(countPurge(open, to)).toEqual({ runs: 1_000, contents: 2_000 });
  const steps: number[] = [];
  const done = await purge(open, to, async ({ runs, contents }) => void steps.push(runs + contents));
  expect([done, steps]).toEqual([{ runs: 1_000, contents: 2_000 }, [1_000, 2_000, 3_000]]);
  expect(countPurge(open, to)).toEqual({ runs: 0, contents: 0 });
  expect(open.prepare("SELECT count(*) AS count FROM messages").get()?.count).toBe(0);
  expect(runStats(open, { from: FIRST, to: FIRST + 40 * DAY }, "model").map(({ runs }) => runs)).toEqual([
    1_000, 1_000,
  ]);
  await purge(open, { runsBefore: FIRST + 40 * DAY }, async () => {});
  expect(runStats(open, { from: FIRST, to: FIRST + 40 * DAY }, "model")).toEqual([]);
  expect(open.prepare("SELECT count(*) AS count FROM latencies").get()?.count).toBe(0);
  expect([holds("needle"), holds("common"), holds("user-1"), holds("ticket")]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  open.close();
  expect([holds("needle"), holds("common"), holds("user-1")]).toEqual([false, false, false]);
});

test("above a size the oldest go until it is about that", async () => {
  const own = await filled(3_000);
  const open = openActivity(own);
  const size = (): number =>
    Number(
      open
        .prepare(
          "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .get()?.bytes,
    );
  const before = size();
  expect(beforeForSize(open, before)).toBeUndefined();
  await purge(open, { runsBefore: beforeForSize(open, before / 2) ?? 0 }, async () => {});
  expect(size()).toBeWithin(before * 0.3, before * 0.7);
  const [{ count = 0 } = {}] = open.prepare("SELECT count(*) AS count FROM runs").all();
  expect(Number(count)).toBeWithin(1_400, 1_600);
  open.close();
});
