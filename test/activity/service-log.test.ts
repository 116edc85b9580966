/** Runs that are sent to a service: what leaves this process, and what one that is wrong does to the others. */
import { expect, test } from "bun:test";
import { openActivityLog, withRun } from "../../src/activity/wrapper/activity.ts";

interface Sent {
  readonly [member: string]: unknown;
  readonly modelAsked?: string;
}

/** A service that notes what it is sent. @param answer the status it answers with */
function startFake(answer: (runs: readonly Sent[]) => number | Promise<number> = () => 202) {
  const taken: Sent[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { runs } = (await request.json()) as { runs: Sent[] };
      const status = await answer(runs);
      if (status < 300) taken.push(...runs);
      return new Response(null, { status });
    },
  });
  const log = openActivityLog({ service: `http://127.0.0.1:${server.port}`, token: "t" });
  return { log, taken, [Symbol.dispose]: () => server.stop(true) };
}

const done = async () => "done";
const SECRET = "password=hunter2hunter2";

test("a run that is none is lost alone", async () => {
  using fake = startFake();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const parts = [{ type: "tool_call", name: "x", arguments: circle }];
  const wrong = [
    { input: [{ role: "user", content: "no parts" }] },
    { input: [{ role: "user", parts }] },
    { input: [], started: Number.NaN },
  ];
  await withRun(fake.log, { model: "first", input: [] }, done);
  for (const one of wrong) expect(await withRun(fake.log, one as never, done)).toBe("done");
  await withRun(fake.log, { model: "last", input: [] }, done);
  await fake.log.close(10_000);
  expect(fake.taken.map(({ modelAsked }) => modelAsked)).toEqual(["first", "last"]);
  expect(fake.log.state()).toEqual({ written: 2, waiting: 0, lost: 3 });
});

test.each([400, 413])(
  "of several that are refused with %i only the one that is wrong is lost",
  async (status) => {
    using fake = startFake((runs) => (runs.some(({ modelAsked }) => modelAsked === "wrong") ? status : 202));
    const models = Array.from({ length: 70 }, (_, at) => (at === 33 ? "wrong" : `m${at}`));
    for (const model of models) await withRun(fake.log, { model, input: [] }, done);
    await fake.log.close(20_000);
    expect(fake.taken.map(({ modelAsked }) => modelAsked)).toEqual(models.filter((one) => one !== "wrong"));
    expect(fake.log.state()).toMatchObject({ written: 69, waiting: 0, lost: 1 });
  },
);

test("what is large is sent in several requests", async () => {
  const sizes: number[] = [];
  using fake = startFake((runs) => {
    sizes.push(JSON.stringify(runs).length);
    return 202;
  });
  const input = [{ role: "user", parts: [{ type: "text" as const, text: "é".repeat(450_000) }] }];
  for (let times = 0; times < 5; times += 1) await withRun(fake.log, { input }, done);
  await fake.log.close(20_000);
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThan(3 << 20);
  expect(fake.log.state()).toMatchObject({ written: 5, lost: 0 });
});

test("secrets in errors and names do not leave this process", async () => {
  using fake = startFake();
  const failing = () => Promise.reject(new RangeError(SECRET));
  const said = { input: [], user: SECRET, entity: { type: "ticket", id: SECRET }, model: SECRET };
  for (const content of [undefined, "redacted", "none"] as const)
    await withRun(fake.log, { ...said, ...(content && { content }) }, failing).catch(() => undefined);
  await fake.log.close(10_000);
  expect(fake.taken).toHaveLength(3);
  expect(JSON.stringify(fake.taken)).not.toContain("hunter2");
  expect(fake.taken[0]).toMatchObject({
    entity: { type: "ticket", id: "password=***" },
    error: { class: "RangeError", text: "RangeError: password=***" },
  });
  expect(fake.taken[2]).toMatchObject({ error: { class: "RangeError", text: "" } });
});

test("how much is kept is said by the run that says it, and otherwise left to the service", async () => {
  using fake = startFake();
  for (const content of [undefined, "none", "full"] as const)
    await withRun(fake.log, { input: [], ...(content && { content }) }, done);
  await fake.log.close(10_000);
  expect(fake.taken.map((run) => ["content" in run, run.content])).toEqual([
    [false, undefined],
    [true, "none"],
    [true, "full"],
  ]);
});

test("closing takes no longer than it may, although the service does not answer", async () => {
  using fake = startFake(() => new Promise<number>(() => undefined));
  await withRun(fake.log, { input: [] }, done);
  const started = performance.now();
  await fake.log.close(200);
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(fake.log.state()).toMatchObject({ written: 0, waiting: 0, lost: 1 });
});
