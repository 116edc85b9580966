/** What models were asked and answered: taken in, listed, shown, counted, written for others, and removed. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse as readCsv } from "csv-parse/sync";
import {
  ACTIVITY_LIST,
  ACTIVITY_PURGE,
  ACTIVITY_RECORD,
  ACTIVITY_SHOW,
  ACTIVITY_STATS,
} from "../../src/results/activity.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000);

const cwd = temporaryDirectory();
writeFileSync(join(cwd, "contextcore.yaml"), "name: shop\n");

const HOUR = 3_600_000;
const ago = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();

const SECRET = `glsa_${"a1B2c3D4".repeat(5)}`;

const RUNS = [
  {
    user: "ada",
    entity: { type: "ticket", id: "4711" },
    conversation: "c1",
    modelAsked: "small",
    modelAnswered: "small-2026",
    started: ago(50 * 24),
    ended: ago(50 * 24 - 0.001),
    tokensInput: 12,
    tokensOutput: 34,
    input: [{ role: "user", content: `My key is ${SECRET}. Where is order needle?` }],
    output: [
      {
        role: "assistant",
        parts: [
          { type: "text", text: "I look." },
          { type: "tool_call", id: "call_1", name: "find_order", arguments: { id: 7 } },
        ],
      },
    ],
  },
  {
    user: "ada",
    conversation: "c1",
    modelAsked: "small",
    started: ago(2),
    firstChunk: ago(1.9995),
    ended: ago(1.999),
    input: [
      { role: "tool", parts: [{ type: "tool_call_response", id: "call_1", response: { state: "sent" } }] },
    ],
    output: [{ role: "assistant", content: "It was sent." }],
  },
  {
    user: "=cmd|'/c calc'!A1",
    status: "error",
    modelAsked: "\u001b[31mlarge",
    started: ago(1),
    ended: ago(0.999),
    error: { class: "overloaded_error", text: `try again with Bearer ${"x".repeat(40)}` },
    input: [{ role: "user", content: "Hello?" }],
  },
];

const call = (...words: string[]) => run(["activity", ...words], { cwd });
const listed = async (...words: string[]) =>
  parsedAs(ACTIVITY_LIST, (await call("list", ...words, "--json")).stdout).runs;

beforeAll(async () => {
  const stdin = new Blob([RUNS.map((one) => JSON.stringify(one)).join("\n")]);
  const recorded = await run(["activity", "record", "--json"], { cwd, stdin });
  expect(recorded.exitCode, recorded.stderr).toBe(0);
  expect(parsedAs(ACTIVITY_RECORD, recorded.stdout).ids).toHaveLength(3);
}, 60_000);

test("what was recorded is listed, newest last, and found by each filter", async () => {
  const all = await listed();
  expect(all.map(({ status }) => status)).toEqual(["ok", "ok", "error"]);
  expect(all[0]).toMatchObject({
    user: "ada",
    tokensInput: 12,
    tokensOutput: 34,
    redactions: 1,
    source: "api",
  });
  expect([all[1]?.tokensInput, all[1]?.tokensOutput]).toEqual([undefined, undefined]);
  const found = async (...words: string[]): Promise<number> => (await listed(...words)).length;
  expect(await found("--user", "ada")).toBe(2);
  expect(await found("--entity", "ticket:4711")).toBe(1);
  expect(await found("--model", "small-2026")).toBe(1);
  expect(await found("--tool", "find_order")).toBe(1);
  expect(await found("--text", "order needle")).toBe(1);
  expect(await found("--status", "error", "--from", "24h")).toBe(1);
  expect(await found("--tokens", "47")).toBe(0);
  expect(await found("-n", "1")).toBe(1);
});

test("a run is shown as a conversation, and its tool's result is the one that came later", async () => {
  const [first] = await listed("--text", "needle");
  const { stdout } = await call("show", first?.id ?? "", "--json");
  const shown = parsedAs(ACTIVITY_SHOW, stdout);
  const [, second] = await listed("--user", "ada");
  expect(shown.toolCalls).toEqual([
    expect.objectContaining({
      id: "call_1",
      name: "find_order",
      arguments: { id: 7 },
      result: { state: "sent" },
      status: "answered",
      answeredBy: second?.id,
    }),
  ]);
  const people = (await call("show", first?.id ?? "")).stdout;
  expect(people).toContain("My key is ***. Where is order needle?");
  expect(people).toContain('→ find_order {"id":7}');
  expect((await call("show", "zzz")).exitCode).toBe(2);
});

test("no secret is in any file", () => {
  const folder = join(cwd, ".contextcore");
  for (const file of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, file));
    expect(bytes.includes("glsa_a1B2") || bytes.includes("x".repeat(40)), file).toBe(false);
  }
});

test("what steers a terminal is shown, not obeyed, and fits", async () => {
  for (const words of [
    ["activity"],
    ["activity", "stats"],
    ["activity", "list", "--user", "=cmd|'/c calc'!A1"],
  ]) {
    const session = openSession(words, { cwd, columns: 80 });
    expect(await session.exited).toBe(0);
    expect(session.text()).not.toContain("\u001b[31mlarge");
    for (const line of session.text().split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(80);
  }
});

test("statistics by model and by day", async () => {
  const by = async (...words: string[]) =>
    parsedAs(ACTIVITY_STATS, (await call("stats", "--from", "60d", ...words, "--json")).stdout).rows;
  const models = await by();
  expect(models.map((one) => [one.model, one.runsTotal, one.errorsTotal, one.uncountedTotal]).sort()).toEqual(
    [
      ["small", 1, 0, 1],
      ["small-2026", 1, 0, 0],
      ["\uFFFD[31mlarge", 1, 1, 1],
    ],
  );
  expect((await by("--by", "day")).length).toBeGreaterThan(1);
});

test("for a spreadsheet nothing is a formula; as lines each is a run, with what was said if that is asked for", async () => {
  const csv = await call("export", "--format", "csv");
  const rows = readCsv(csv.stdout, { columns: true }) as Record<string, string>[];
  expect(rows.map(({ user }) => user)).toEqual(["ada", "ada", "'=cmd|'/c calc'!A1"]);
  const lines = (await call("export", "--said")).stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).input.length)).toEqual([1, 1, 1]);
  const file = await call("export", "-o", "runs.jsonl", "--user", "ada");
  expect([file.exitCode, file.stderr.trim()]).toEqual([0, "runs.jsonl: 2 runs"]);
  expect((await call("export", "--format", "csv", "--said")).exitCode).toBe(2);
});

test.each([
  ["{", "line 1 is not JSON"],
  ['{"input":[{"role":"user"}]}', "run 1 of 1: input.0"],
  ['{}\n{"started":"yesterday"}', "run 2 of 2: started: not an RFC 3339 time"],
  ['{"tokensInput":-1}', "run 1 of 1: tokensInput"],
])("what is no run is refused, and nothing is recorded: %s", async (text, said) => {
  const before = (await listed("-n", "100")).length;
  const { exitCode, stderr } = await run(["activity", "record"], { cwd, stdin: new Blob([text]) });
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(said) });
  expect(await listed("-n", "100")).toHaveLength(before);
});

test("where nothing was ever recorded, that is said", async () => {
  const { exitCode, stderr } = await run(["activity"], { cwd: temporaryDirectory() });
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("there is no log of runs yet")]);
});

test("a purge counts before, asks, leaves nothing, and is an event", async () => {
  const dry = await call("purge", "--dry-run", "--json");
  expect(parsedAs(ACTIVITY_PURGE, dry.stdout)).toMatchObject({
    runsTotal: 1,
    contentsTotal: 0,
    removed: false,
  });
  expect((await call("purge")).exitCode).toBe(4);
  const done = await call("purge", "--content-older-than", "90m", "--yes");
  expect([done.exitCode, done.stderr]).toEqual([
    0,
    expect.stringContaining("1 run and what was said in 1 other removed"),
  ]);
  for (const file of readdirSync(join(cwd, ".contextcore")).filter((name) => name.startsWith("activity")))
    expect(readFileSync(join(cwd, ".contextcore", file)).includes("needle"), file).toBe(false);
  const [kept] = await listed("--user", "ada");
  expect(kept?.content).toBe("none");
  const audit = await run(["audit", "--operation", "activity_purge", "--json"], { cwd });
  expect(
    audit.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).outcome),
  ).toEqual(["started", "success"]);
  const again = await call("purge", "--content-older-than", "90m", "--yes");
  expect([again.exitCode, again.stderr]).toEqual([0, expect.stringContaining("nothing was removed")]);
});
