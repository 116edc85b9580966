/** Runs of models over HTTP: taken in by who may only do that, seen by viewers without what was said, read by admins. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { parse as readCsv } from "csv-parse/sync";
import { openActivityLog, recordActivity, withRun } from "../../src/activity/wrapper/activity.ts";
import { ACTIVITY_LIST, ACTIVITY_RECORD, ACTIVITY_SHOW, ACTIVITY_STATS } from "../../src/results/activity.ts";
import { startUpstream } from "../activity/upstream.ts";
import { parsedAs } from "../support/printed.ts";
import { quietProject, type StartedService, startService, tokenFor } from "../support/service.ts";

setDefaultTimeout(60_000);

let service: StartedService;
let [ingest, viewer] = ["", ""];

beforeAll(async () => {
  const cwd = quietProject();
  service = await startService(cwd);
  ingest = await tokenFor(cwd, "agent", "ingest");
  viewer = await tokenFor(cwd, "reader", "viewer");
}, 60_000);

const as = (token: string, path: string, init: RequestInit = {}) =>
  service.ask(path, {
    ...init,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  });

const send = (runs: unknown, token = ingest) =>
  as(token, "/api/v1/activity/runs", { method: "POST", body: JSON.stringify({ runs }) });

const RUN = {
  id: "019f8a3c-0000-7000-8000-000000000001",
  user: "ada",
  modelAsked: "small",
  tokensInput: 3,
  input: [{ role: "user", content: "Where is my needle?" }],
  output: [{ role: "assistant", content: "Here." }],
};

/** Until what was taken in is written. */
async function listed(query: string, count: number) {
  for (let left = 200; ; left -= 1) {
    const { runs } = parsedAs(
      ACTIVITY_LIST,
      await (await as(viewer, `/api/v1/activity/runs?${query}`)).text(),
    );
    if (runs.length >= count || left === 0) return runs;
    await Bun.sleep(20);
  }
}

test("a run is taken in once, however often it is sent, and shown to each as far as they may see it", async () => {
  for (let times = 0; times < 3; times += 1) {
    const taken = await send([RUN]);
    expect([taken.status, parsedAs(ACTIVITY_RECORD, await taken.text()).ids]).toEqual([202, [RUN.id]]);
  }
  expect(await listed("user=ada", 1)).toEqual([
    expect.objectContaining({ id: RUN.id, user: "ada", tokensInput: 3, source: "api" }),
  ]);
  expect((await as(viewer, `/api/v1/activity/runs/${RUN.id}`)).status).toBe(403);
  const whole = parsedAs(ACTIVITY_SHOW, await (await service.ask(`/api/v1/activity/runs/${RUN.id}`)).text());
  expect(whole.output).toEqual([{ role: "assistant", parts: [{ type: "text", text: "Here." }] }]);
  for (const path of ["runs", "csv"])
    expect((await as(viewer, `/api/v1/activity/${path}?text=needle`)).status, path).toBe(403);
  const rows = readCsv(await (await service.ask("/api/v1/activity/csv?text=needle")).text(), {
    columns: true,
  });
  expect(rows).toEqual([expect.objectContaining({ id: RUN.id })]);
  const found = await (await service.ask("/api/v1/activity/runs?text=needle")).text();
  expect(parsedAs(ACTIVITY_LIST, found).runs).toHaveLength(1);
  const stats = parsedAs(ACTIVITY_STATS, await (await as(viewer, "/api/v1/activity/stats")).text());
  expect(stats.rows).toEqual([expect.objectContaining({ model: "small", runsTotal: 1 })]);
  const csv = await (await as(viewer, "/api/v1/activity/csv?user=ada")).text();
  expect(readCsv(csv, { columns: true })).toEqual([expect.objectContaining({ id: RUN.id, user: "ada" })]);
});

test("who may take runs in may do nothing else, and who may look takes none in", async () => {
  for (const path of ["/api/v1/activity/runs", "/api/v1/activity/stats", "/api/v1/snapshots"])
    expect((await as(ingest, path)).status, path).toBe(403);
  expect((await send([RUN], viewer)).status).toBe(403);
  expect((await send([RUN], "nobody")).status).toBe(401);
});

const SECRET = "glpat-Zx81kQw92LmNvB7rTy4U";

const asksForAll = (id: string) => [
  { ...RUN, id, content: "full", output: [{ role: "assistant", content: SECRET }] },
];

const spanThatAsksForAll = (traceId: string) => {
  const attributes = {
    "gen_ai.operation.name": "chat",
    "contextcore.content": "full",
    "gen_ai.output.messages": JSON.stringify([
      { role: "assistant", parts: [{ type: "text", content: SECRET }] },
    ]),
  };
  const span = {
    traceId,
    spanId: "00f067aa0ba902b7",
    startTimeUnixNano: `${Date.now()}000000`,
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
};

test("who sends runs cannot have more of them kept than is set", async () => {
  const [id, traceId] = ["019f8a3c-0000-7000-8000-000000000002", "4bf92f3577b34da6a3ce929d0e0e4736"];
  expect((await send(asksForAll(id))).status).toBe(202);
  const body = JSON.stringify(spanThatAsksForAll(traceId));
  expect((await as(ingest, "/v1/traces", { method: "POST", body })).status).toBe(200);
  const kept = async (path: string) =>
    parsedAs(ACTIVITY_SHOW, await (await service.ask(`/api/v1/activity/runs/${path}`)).text());
  const [traced] = await listed("source=otlp", 1);
  await listed("user=ada", 2);
  for (const run of [await kept(id), await kept(traced?.id ?? "")]) {
    expect(run.content).toBe("redacted");
    expect(run.output).toEqual([{ role: "assistant", parts: [{ type: "text", text: "***" }] }]);
  }
});

const nested = (levels: number): unknown => (levels === 0 ? "x" : [nested(levels - 1)]);

test.each([
  [[{ id: "no" }], 400],
  [[{ started: "soon" }], 400],
  [[{ started: "2026-99-99T00:00:00Z" }], 400],
  [[{ tokensInput: 1e300 }], 400],
  [
    [{ output: [{ role: "assistant", parts: [{ type: "tool_call", name: "x", arguments: nested(500) }] }] }],
    400,
  ],
  [Array.from({ length: 1_001 }, () => ({})), 400],
  [[{ input: [{ role: "user", content: "x".repeat(33 << 20) }] }], 413],
])("what is no run is refused (%#)", async (runs, status) => {
  expect((await send(runs)).status).toBe(status);
});

test("a client's calls are noted by a service, and the client's own are the same", async () => {
  await using upstream = startUpstream();
  const log = openActivityLog({ service: service.url, token: ingest });
  const noted = recordActivity(fetch, { log, user: "wrapped" });
  const body = JSON.stringify({
    model: "small",
    stream: true,
    messages: [{ role: "user", content: "Well?" }],
  });
  const ask = (by: typeof noted) => by(`${upstream.url}/v1/chat/completions`, { method: "POST", body });
  const [plain, wrapped] = [await ask(fetch), await ask(noted)];
  expect(await wrapped.text()).toBe(await plain.text());
  await withRun(log, { model: "by hand", user: "wrapped", input: [] }, async (run) =>
    run.answer({ output: [], tokens: { output: 4 } }),
  );
  const failed = withRun(log, { model: "by hand", user: "wrapped", input: [] }, () =>
    Promise.reject(new RangeError("no")),
  );
  expect(failed).rejects.toThrow("no");
  await log.close(10_000);
  expect(log.state()).toEqual({ written: 3, waiting: 0, lost: 0 });
  const runs = await listed("user=wrapped", 3);
  expect(runs.map(({ status, modelAsked }) => [modelAsked, status]).sort()).toEqual([
    ["by hand", "error"],
    ["by hand", "ok"],
    ["small", "ok"],
  ]);
});

test("where the service is gone, what waits is bounded, and nobody is disturbed", async () => {
  const log = openActivityLog({ service: "http://127.0.0.1:1", token: ingest });
  const started = performance.now();
  for (let times = 0; times < 20; times += 1)
    log
      .begin({
        source: "wrapper",
        operation: "chat",
        asked: {
          isStream: false,
          input: [{ role: "user", parts: [{ type: "text", text: "x ".repeat(1 << 19) }] }],
        },
      })
      .end({ status: "ok" });
  expect(log.state().lost).toBeGreaterThan(0);
  await log.close(100);
  expect(log.state()).toMatchObject({ written: 0, lost: 20 });
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("what an error says is for admins: a server of models says in it what it was asked", async () => {
  const id = "019f8a3c-0000-7000-8000-00000000e001";
  await send([
    { id, user: "eve", status: "error", error: { class: "BadRequest", text: "you asked: my illness" } },
  ]);
  await listed("user=eve", 1);
  const [list, csv] = ["/api/v1/activity/runs?user=eve", "/api/v1/activity/csv?user=eve"];
  for (const path of [list, csv]) {
    const seen = await (await as(viewer, path)).text();
    expect([seen.includes("BadRequest"), seen.includes("my illness")]).toEqual([true, false]);
    expect(await (await service.ask(path)).text()).toContain("my illness");
  }
});
