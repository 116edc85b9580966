/** Messages to a real receiver: once each, in their order, again where it is down, and never with their address. */
import { Database } from "bun:sqlite";
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { resolve } from "node:path";
import fc from "fast-check";
import type { Receiver } from "../../../src/config/notify.ts";
import { MIGRATIONS } from "../../../src/service/migrations.ts";
import { type Fault, openFaultBook } from "../../../src/service/notify/faults.ts";
import { createMessenger } from "../../../src/service/notify/messenger.ts";
import { createOutbox } from "../../../src/service/notify/outbox.ts";
import { filled } from "../../../src/service/notify/template.ts";
import { debianProgram } from "../../support/debian.ts";
import { temporaryDirectory } from "../../support/directory.ts";
import { canMount, withOwn } from "../../support/own-mounts.ts";

setDefaultTimeout(60_000);

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly body: unknown;
}

let heard: Heard[] = [];
let answer: () => Response = () => new Response("ok");
const server = Bun.serve({
  port: 0,
  async fetch(request) {
    const { method, url, headers } = request;
    const text = await request.text();
    heard.push({
      method,
      path: new URL(url).pathname,
      token: headers.get("authorization"),
      body: text && JSON.parse(text),
    });
    return answer();
  },
});
afterAll(() => server.stop(true));
beforeEach(() => {
  heard = [];
  answer = () => new Response("ok");
});

const base = `http://localhost:${server.port}`;
const receiver = (more: Partial<Receiver> = {}): Receiver => ({
  url: `${base}/services/s3cret-path?key=s3cret-query`,
  on: ["failed", "partial", "missed", "not-started"],
  headers: {},
  ...more,
});

const FAILED: Fault = {
  key: "schedule/nightly",
  kind: "failed",
  title: "nightly failed",
  message: 'export: loki said "no"\nand left',
  hint: "look at loki",
  schedule: "nightly",
  task: "export",
};

/** People who are told, with a clock that the test sets. */
function told(receivers: readonly Receiver[], ping?: string) {
  const database = new Database(":memory:");
  for (const step of MIGRATIONS) database.run(step);
  const outbox = createOutbox(database);
  const warned: string[] = [];
  const clock = { now: Date.parse("2026-05-04T02:00:00Z") };
  const messenger = createMessenger({
    notify: receivers,
    ping,
    outbox,
    now: () => clock.now,
    warn: (message) => warned.push(message),
  });
  const faults = openFaultBook(database, { receivers, stack: "shop", outbox });
  const { signal } = new AbortController();
  return {
    ...{ clock, warned, messenger, faults, outbox },
    begins: (fault = FAILED) => faults.begins(fault, clock.now),
    over: () => faults.over(FAILED.key, "nightly went well again", clock.now),
    deliver: () => messenger.deliver(signal),
  };
}

test("a fault is told once when it begins and once when it is over, with everything that is known of it", async () => {
  const people = told([receiver({ headers: { Authorization: "Bearer s3cret-token" } })]);
  people.begins();
  people.begins({ ...FAILED, message: "again" });
  await people.deliver();
  people.clock.now += 3_600_000;
  people.over();
  people.over();
  expect(await people.deliver()).toBeUndefined();
  expect(heard).toMatchObject([
    {
      method: "POST",
      path: "/services/s3cret-path",
      token: "Bearer s3cret-token",
      body: {
        state: "begins",
        kind: "failed",
        title: "shop: nightly failed",
        message: 'export: loki said "no"\nand left',
        hint: "look at loki",
        stack: "shop",
        schedule: "nightly",
        task: "export",
        since: "2026-05-04T02:00:00.000Z",
      },
    },
    { body: { state: "over", title: "shop: nightly went well again", until: "2026-05-04T03:00:00.000Z" } },
  ]);
  expect(heard).toHaveLength(2);
  expect(heard[0]?.body).not.toHaveProperty("until");
});

test("a receiver hears what it listens for, and that this has turned into something else", async () => {
  const people = told([
    receiver({ url: `${base}/failed`, on: ["failed"], template: "{{title}}" }),
    receiver({ url: `${base}/partial`, on: ["partial"], template: "{{title}}" }),
  ]);
  people.begins();
  people.begins({ ...FAILED, kind: "partial", title: "nightly is incomplete" });
  people.over();
  await people.deliver();
  const of = (path: string) => heard.filter((one) => one.path === path).map(({ body }) => body);
  expect(of("/failed")).toEqual(["shop: nightly failed", "shop: nightly is incomplete"]);
  expect(of("/partial")).toEqual(["shop: nightly is incomplete", "shop: nightly went well again"]);
});

test("what does not arrive waits, for longer each time, and nothing overtakes it", async () => {
  const people = told([receiver({ template: "{{title}}" })]);
  answer = () => new Response("s3cret-path is unknown", { status: 500 });
  people.begins();
  people.over();
  const waits: number[] = [];
  for (let tries = 0; tries < 10; tries += 1) {
    const next = (await people.deliver()) ?? 0;
    waits.push((next - people.clock.now) / 1_000);
    people.clock.now = next - 1;
    await people.deliver();
    people.clock.now = next;
  }
  expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
  expect(heard.map(({ body }) => body)).toEqual(Array(10).fill("shop: nightly failed"));
  answer = () => new Response("ok");
  await people.deliver();
  expect(heard.slice(10).map(({ body }) => body)).toEqual([
    "shop: nightly failed",
    "shop: nightly went well again",
  ]);
  expect(people.warned[0]).toContain("answered 500");
  expect(people.warned.join()).not.toContain("s3cret");
});

test("a message that is three days old is given up, and one receiver that is down holds up no other", async () => {
  const people = told([receiver({ url: "http://localhost:1/s3cret" }), receiver({ template: "{{title}}" })]);
  people.begins();
  await people.deliver();
  expect(heard).toHaveLength(1);
  for (let hours = 0; hours < 80; hours += 1) {
    people.clock.now += 3_600_000;
    await people.deliver();
  }
  expect(people.warned.at(-1)).toContain("was given up");
  expect(people.outbox.first()).toEqual([]);
  expect(people.warned.join()).not.toContain("s3cret");
});

test("the backlog is bounded, and of a sign of life only the newest waits", async () => {
  const people = told([receiver({ template: "{{title}}" })], `${base}/ping/s3cret-uuid`);
  for (let index = 0; index < 500; index += 1)
    people.begins({ ...FAILED, key: `${index}`, title: `number ${index}` });
  for (let nights = 0; nights < 5; nights += 1) people.messenger.ping();
  await people.deliver();
  const posted = heard.filter(({ method }) => method === "POST").map(({ body }) => body);
  expect(posted).toHaveLength(200);
  expect(posted.at(-1)).toBe("shop: number 499");
  expect(heard.filter(({ method }) => method === "GET").map(({ path }) => path)).toEqual([
    "/ping/s3cret-uuid",
  ]);
});

test("a redirect is not followed", async () => {
  const people = told([receiver()]);
  answer = () => new Response(null, { status: 307, headers: { Location: `${base}/elsewhere` } });
  people.begins();
  await people.deliver();
  expect(heard.map(({ path }) => path)).toEqual(["/services/s3cret-path"]);
  expect(people.warned[0]).toContain("answered 307");
});

test("a clock that is set back does not hold up a message", async () => {
  const people = told([receiver()]);
  answer = () => new Response("no", { status: 503 });
  people.begins();
  await people.deliver();
  people.clock.now -= 365 * 86_400_000;
  answer = () => new Response("ok");
  await people.deliver();
  expect(heard).toHaveLength(2);
});

test("whatever a message says, it stays inside the texts of its template", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (message) => {
      const template = {
        blocks: [{ text: "said: {{message}}" }],
        bare: "{{message}}",
        until: "{{until}}",
        n: 1,
      };
      const plain = JSON.parse(filled(template, { message }));
      expect(plain).toEqual({ blocks: [{ text: `said: ${message}` }], bare: message, n: 1 });
    }),
  );
});

test.skipIf(!canMount)("Alertmanager shows a fault for as long as it lasts", async () => {
  const program = debianProgram({ package: "prometheus-alertmanager", program: "prometheus-alertmanager" });
  const directory = temporaryDirectory({
    "am.yml": "route: { receiver: none }\nreceivers: [{ name: none }]\n",
  });
  const free = Bun.serve({ port: 0, fetch: () => new Response("") });
  const port = free.port;
  await free.stop(true);
  const templates = resolve(program, "../../usr/share/prometheus/alertmanager");
  const here = "/usr/share/prometheus";
  const flags = ["--config.file=am.yml", "--storage.path=data", `--web.listen-address=127.0.0.1:${port}`];
  const child = Bun.spawn(
    withOwn("/usr/share", `mkdir ${here} && ln -s ${templates} ${here}/alertmanager`, [
      program,
      ...flags,
      "--cluster.listen-address=",
    ]),
    { cwd: directory, stdout: "ignore", stderr: "ignore" },
  );
  try {
    const url = `http://127.0.0.1:${port}/api/v2/alerts`;
    const template = [
      {
        labels: { alertname: "contextcore", stack: "{{stack}}", schedule: "{{schedule}}" },
        annotations: { summary: "{{title}}", description: "{{message}}" },
        startsAt: "{{since}}",
        endsAt: "{{ends}}",
      },
    ];
    const people = told([receiver({ url, template })]);
    people.clock.now = Date.now() - 60_000;
    while (
      !(await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await Bun.sleep(50);
    people.begins();
    await people.deliver();
    const firing = async () =>
      (await (await fetch(url)).json()) as { labels: { schedule: string }; endsAt: string }[];
    expect(people.warned).toEqual([]);
    const [alert] = await firing();
    expect(alert?.labels.schedule).toBe("nightly");
    // It ends by being told to, and not because nobody has repeated it.
    expect(Date.parse(alert?.endsAt ?? "")).toBeGreaterThan(Date.now() + 300 * 86_400_000);
    people.clock.now = Date.now();
    people.over();
    await people.deliver();
    while ((await firing()).length > 0) await Bun.sleep(50);
  } finally {
    child.kill();
    await child.exited;
  }
});
