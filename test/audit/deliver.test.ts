/** Sinks that fail, hang, answer slowly, redirect or close: the command goes on, and nothing is lost. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import file from "../../plugins/file/index.ts";
import webhook from "../../plugins/webhook/index.ts";
import { readSinkState, sinksFolder } from "../../src/audit/deliver/state.ts";
import type { OpenSink } from "../../src/host/open.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { type Behaviour, type Receiver, startReceiver } from "./receiver.ts";
import { openSink } from "./sink.ts";

setDefaultTimeout(60_000); // cores and disk are shared with other test files

const LIMIT_MS = 400;

const hook = ({ url }: Receiver, name?: string) =>
  openSink(webhook, { url: `${url}/hook`, timeout: "10s" }, name);

async function command(
  folder: Folder,
  sinks: readonly OpenSink[],
  count = 1,
  sinkTimeLimitMs = LIMIT_MS,
): Promise<number> {
  const trail = folder.open({ sinks, sinkTimeLimitMs: () => sinkTimeLimitMs });
  for (let number = 0; number < count; number += 1)
    await trail.append({ operation: "export", outcome: "success" });
  const before = performance.now();
  await trail.close();
  return performance.now() - before;
}

const bodies = ({ received }: Receiver) => received.map(({ body }) => body);

test("every event reaches every sink, byte for byte as it stands in the trail", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const path = join(folder.directory, "elsewhere/audit.jsonl");
  await command(folder, [await hook(receiver), await openSink(file, { path })], 3);
  const lines = await folder.lines();
  expect(lines).toHaveLength(4); // the sinks are new: that is an event too
  expect(bodies(receiver)).toEqual(lines);
  expect(await folder.lines(path)).toEqual(lines);
  expect(folder.warnings).toEqual([]);
});

test.each<[Behaviour, RegExp]>([
  ["fail", /answered 503: out of order/],
  ["hang", /no answer within 0\.4 s/],
  ["redirect", /answered 302/],
  ["close", /webhook at/],
  ["unauthorised", /answered 401/],
])(
  "a sink that is to %s delays the command by no more than its limit, and gets everything later",
  async (behaviour, why) => {
    using folder = makeFolder();
    await using receiver = await startReceiver(behaviour);
    const took = await command(folder, [await hook(receiver)], 3);
    expect(took).toBeLessThan(LIMIT_MS + 150);
    expect(folder.warnings.join("\n")).toMatch(why);
    expect(folder.warnings.join("\n")).toContain("4 events wait");

    receiver.received.length = 0;
    receiver.behaviour = "accept";
    await command(folder, [await hook(receiver)]);
    const lines = await folder.lines();
    expect([...new Set(bodies(receiver))]).toEqual(lines); // what hung may have arrived after all: its id tells
  },
);

test("no sink waits for another", async () => {
  using folder = makeFolder();
  await using hanging = await startReceiver("hang");
  await using failing = await startReceiver("fail");
  await using good = await startReceiver();
  const sinks = [await hook(hanging, "hanging"), await hook(failing, "failing"), await hook(good, "good")];
  const trail = folder.open({ sinks, sinkTimeLimitMs: () => LIMIT_MS });
  await trail.append({ operation: "export", outcome: "success" });
  while (good.received.length < 2) await Bun.sleep(1);
  expect(readSinkState(sinksFolder(folder.file), "hanging")?.failure).toBeUndefined(); // still waiting
  await trail.close();
  expect(bodies(good)).toEqual(await folder.lines());
});

test("a slow sink gets what it can take within the limit, the rest later, each once and in order", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver("slow");
  const sinks = [await hook(receiver)];
  await command(folder, sinks, 6);
  expect(receiver.received.length).toBeLessThan(7);
  for (let round = 0; round < 6; round += 1) await command(folder, sinks);
  receiver.behaviour = "accept";
  await command(folder, sinks);
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  const lines = await folder.lines();
  expect(ids.filter((id, index) => ids.indexOf(id) === index)).toEqual(
    lines.map((line) => JSON.parse(line).id),
  );
});

test("an event that a sink will never take is passed over after three commands; the next ones arrive", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const sinks = [await hook(receiver)];
  await command(folder, sinks);
  receiver.behaviour = "reject";
  for (let round = 0; round < 3; round += 1) await command(folder, sinks);
  receiver.behaviour = "accept";
  await command(folder, sinks);
  const state = readSinkState(sinksFolder(folder.file), "webhook");
  expect(state).toMatchObject({ rejected: 1, delivered: 5 });
  expect(receiver.received).toHaveLength(5);
});

test("the outbox is bounded: what no longer fits is given up, counted and recorded", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver("fail");
  const sinks = [await hook(receiver)];
  await command(folder, sinks, 30);
  receiver.behaviour = "accept";
  const trail = folder.open({ sinks, outboxMax: 10, sinkTimeLimitMs: () => LIMIT_MS });
  await trail.append({ operation: "export", outcome: "success" }); // the thirty-second
  await trail.close();
  const seqs = bodies(receiver).map((body) => JSON.parse(body).seq);
  expect(seqs).toEqual([23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33]);
  expect(JSON.parse(bodies(receiver).at(-1) ?? "")).toMatchObject({
    operation: "sink_overflow",
    details: { sink: "webhook", dropped: 22 },
  });
  expect(readSinkState(sinksFolder(folder.file), "webhook")).toMatchObject({ dropped: 22, delivered: 11 });
});

test("commands at the same time deliver each event once", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const sinks = [await hook(receiver)];
  await Promise.all(Array.from({ length: 8 }, () => command(folder, sinks, 5, 20_000)));
  const lines = await folder.lines();
  expect(bodies(receiver)).toEqual(lines);
  expect(lines).toHaveLength(41);
});

test("a change of the sinks is recorded once, with what may be shown of them", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const path = join(folder.directory, "x.jsonl");
  await command(folder, [await openSink(file, { path })]);
  await command(folder, [await openSink(file, { path })]);
  await command(folder, [await openSink(file, { path: `${path}2` }), await hook(receiver)]);
  await command(folder, []);
  const changes = (await folder.open().newest({ limit: 99, operation: "sink_change" })).map(
    ({ details }) => details,
  );
  expect(changes).toMatchObject([
    { added: ["file"], removed: [], changed: [], sinks: { file: { path } } },
    { added: ["webhook"], removed: [], changed: ["file"], sinks: { webhook: { timeout: "10s" } } },
    { added: [], removed: ["file", "webhook"], sinks: {} },
  ]);
  expect(JSON.stringify(changes)).not.toContain(receiver.url); // a webhook's URL is a secret
  expect(receiver.received).toHaveLength(2); // from the event that tells of it
});

test("a change of any option is recorded by its name, a secret one's too, and nothing of its value", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const at = (path: string, headers = {}) =>
    openSink(webhook, { url: `${receiver.url}/${path}`, timeout: "10s", headers }, "webhook");
  await command(folder, [await at("one")]);
  await command(folder, [await at("one")]);
  await command(folder, [await at("two-hook")]);
  await command(folder, [await at("two-hook", { Authorization: "Bearer first-secret" })]);
  await command(folder, [await at("two-hook", { Authorization: "Bearer other-secret" })]);
  const changes = await folder.open().newest({ limit: 99, operation: "sink_change" });
  expect(changes.map(({ details }) => details)).toMatchObject([
    { added: ["webhook"], changed: [], changed_options: {} },
    { added: [], changed: ["webhook"], changed_options: { webhook: ["url"] } },
    { changed: ["webhook"], changed_options: { webhook: ["headers"] } },
    { changed: ["webhook"], changed_options: { webhook: ["headers"] } },
  ]);
  const known = readFileSync(join(dirname(folder.file), "sinks.json"), "utf8");
  const { key, sinks } = JSON.parse(known);
  const trail = (await folder.lines()).join();
  expect(trail + known).not.toMatch(/two-hook|first-secret|other-secret/);
  for (const secret of [key, sinks.webhook.options.url]) expect(trail).not.toContain(secret);
});

test("what an earlier version remembered of the sinks is completed in silence", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  const path = join(dirname(folder.file), "sinks.json");
  await command(folder, [await hook(receiver)]);
  const { sinks } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ webhook: sinks.webhook.shown }));
  await command(folder, [await hook(receiver)]);
  await command(folder, [await openSink(webhook, { url: `${receiver.url}/other`, timeout: "10s" })]);
  const changes = await folder.open().newest({ limit: 99, operation: "sink_change" });
  expect(changes.map(({ details }) => details.changed)).toEqual([[], ["webhook"]]);
});

test("a sink's state is a receipt: it names the newest event that the sink has", async () => {
  using folder = makeFolder();
  await using receiver = await startReceiver();
  await command(folder, [await hook(receiver)], 2);
  const state = JSON.parse(readFileSync(join(sinksFolder(folder.file), "webhook.json"), "utf8"));
  const newest = JSON.parse((await folder.lines()).at(-1) ?? "");
  expect(state.receipt).toMatchObject({ seq: 3, id: newest.id, hash: newest.hash });
});
