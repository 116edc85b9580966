/**
 * The log of runs: writing, the newest 50 by each filter, statistics of a month, all as CSV would read them.
 * `bun test/bench/activity.ts --runs 1000000`
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openActivity } from "../../src/activity/database/open.ts";
import { openDoor } from "../../src/activity/door.ts";
import { runsAsCsv } from "../../src/activity/query/csv.ts";
import type { RunFilter } from "../../src/activity/query/filter.ts";
import { eachRun, listRuns } from "../../src/activity/query/list.ts";
import { runStats } from "../../src/activity/query/stats.ts";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100000" } } });
const runs = Number(values.runs);
const path = join(mkdtempSync(join(tmpdir(), "contextcore-bench-")), "activity.db");
const DAY = 86_400_000;
const FIRST = Date.UTC(2026, 0, 1);

/** One run in ten asks for a tool, and one in a thousand for a rare one. */
const callsOf = (at: number) =>
  at % 10 === 0
    ? [
        {
          type: "tool_call" as const,
          id: `c${at}`,
          name: at % 1_000 === 0 ? "rare" : "look",
          arguments: { at },
        },
      ]
    : [];

const began = performance.now();
const door = openDoor({ path });
for (let at = 0; at < runs; at += 1) {
  const started = FIRST + Math.floor((at * 30 * DAY) / runs);
  const run = door.begin({
    source: "relay",
    operation: "chat",
    user: `user-${at % 50}`,
    entity: { type: at % 3 === 0 ? "ticket" : "page", id: String(at % 9_000) },
    conversation: `conversation ${Math.floor(at / 10)}`,
    started,
    asked: {
      model: `model-${at % 5}`,
      isStream: true,
      input: [
        { role: "system", parts: [{ type: "text", text: "You are helpful. Answer in one sentence." }] },
        {
          role: "user",
          parts: [
            {
              type: "text",
              text: `What about the common thing number ${at}${at % 100_000 === 5 ? " needle" : ""}?`,
            },
          ],
        },
      ],
    },
  });
  run.end({
    status: at % 100 === 0 ? "error" : "ok",
    ended: started + 200 + (at % 5_000),
    answer: {
      tokens: { input: 30, output: 20 + (at % 70) },
      output: [{ role: "assistant", parts: [{ type: "text", text: `It is ${at * 7}.` }, ...callsOf(at)] }],
    },
  });
  if (at % 2_000 === 0)
    while (door.state().waiting > 4_000) await new Promise((resolve) => setTimeout(resolve, 1));
}
await door.close(600_000);
console.log(`${Math.round(runs / ((performance.now() - began) / 1_000))} runs/s written`, door.state());

const database = openActivity(path);
function timed(name: string, work: () => unknown): void {
  work();
  const start = performance.now();
  const got = work();
  console.log(
    `${(performance.now() - start).toFixed(1).padStart(8)} ms  ${name}  (${Array.isArray(got) ? got.length : got})`,
  );
}
const DAYS = { from: FIRST + DAY, to: FIRST + 2 * DAY };
const filters: readonly RunFilter[] = [
  {},
  DAYS,
  { user: "user-7" },
  { user: "nobody" },
  { entityType: "ticket" },
  { entityType: "ticket", entityId: "42" },
  { entityType: "page", entityId: "42" },
  { status: "error" },
  { status: "cancelled" },
  { source: "relay" },
  { source: "otlp" },
  { model: "model-3" },
  { model: "none" },
  { user: "user-7", model: "model-3" },
  { conversation: "conversation 77" },
  { text: "needle" },
  { text: "common" },
  { text: "common absent" },
  { text: "common 4711" },
  { text: "common", user: "user-7", model: "model-2" },
  { text: "needle", status: "error" },
  { tokens: 1_000_000 },
  { tokens: 60 },
  { tokens: 60, user: "user-7" },
  { tokens: 119, status: "error" },
  { tool: "look" },
  { tool: "rare" },
  { tool: "none" },
  { tool: "look", user: "user-7" },
  { tool: "look", status: "error", model: "model-0" },
  { ...DAYS, status: "error" },
  { ...DAYS, text: "common", tool: "look" },
  { ...DAYS, tokens: 60, model: "model-3", source: "relay", entityType: "page" },
  { status: "ok", source: "relay", model: "model-1", user: "user-7" },
  { status: "error", user: "user-7" },
];
for (const filter of filters)
  timed(`newest 50 ${JSON.stringify(filter)}`, () => listRuns(database, { ...filter, limit: 50 }));
const [, oldest] = [...listRuns(database, { limit: 2, to: FIRST + 2 * DAY })];
timed("the 50 before an old one", () => listRuns(database, { limit: 50, before: oldest?.seq ?? 0 }));
timed("statistics of a month, by day and model", () =>
  runStats(database, { from: FIRST, to: FIRST + 30 * DAY }, "day-model"),
);
const start = performance.now();
let [rows, characters] = [0, 0];
for (const line of runsAsCsv(eachRun(database, {}), { isWhole: true })) {
  rows += 1;
  characters += line.length;
}
console.log(
  `${Math.round(rows / ((performance.now() - start) / 1_000))} rows/s as CSV of ${Math.round(characters / 1e6)} MB, ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
);
database.close();
