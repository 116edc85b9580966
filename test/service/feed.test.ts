/** What watchers hear: how things stand, whatever they missed; and what waits for a slow one stays small. */
import { expect, test } from "bun:test";
import { createFeed, type RunEvent } from "../../src/service/running/feed.ts";
import { boundedLines } from "../../src/service/running/lines.ts";

const NEVER = new AbortController().signal;

const progress = (name: string, done: number): RunEvent => ({
  ...{ event: "progress", name, done, bytes: 0, counts: {}, state: "running", retries: 0 },
});

test("who comes late hears how things stand, and then what happens", async () => {
  const feed = createFeed();
  feed.tell({ event: "state", state: "planning" });
  feed.tell({ event: "note", message: "asking" });
  feed.tell({ event: "state", state: "running" });
  feed.tell(progress("loki", 0.1));
  feed.tell(progress("loki", 0.2));
  const heard: RunEvent[] = [];
  for await (const event of feed.watch(NEVER)) {
    heard.push(event);
    if (event.event === "progress") void feed.end({ event: "ended", outcome: "success" });
  }
  expect(heard).toEqual([
    { event: "note", message: "asking" },
    { event: "state", state: "running" },
    progress("loki", 0.2),
    { event: "ended", outcome: "success" },
  ]);
});

test("a slow watcher gets the newest of everything, and is told how much it missed", async () => {
  const feed = createFeed();
  const watching = feed.watch(NEVER);
  feed.tell({ event: "state", state: "running" });
  await watching.next();
  for (let said = 0; said < 100_000; said += 1) {
    feed.tell({ event: "note", message: `${said}` });
    feed.tell(progress(`part ${said % 5_000}`, said));
  }
  void feed.end({ event: "ended", outcome: "success" });
  const heard = await Array.fromAsync(watching);
  expect(heard.length).toBeLessThan(1_200);
  expect(heard[0]).toEqual({ event: "note", message: "99900" });
  expect(heard).toContainEqual({ event: "missed", messages: 99_900 });
  expect(heard.at(-1)).toEqual({ event: "ended", outcome: "success" });
});

test("a thousand watchers that leave are forgotten, and the end waits for none of them", async () => {
  const feed = createFeed();
  const left = new AbortController();
  const watching = Array.from({ length: 1_000 }, () => Array.fromAsync(feed.watch(left.signal)));
  feed.tell({ event: "state", state: "running" });
  left.abort();
  await Promise.all(watching);
  const since = performance.now();
  await feed.end({ event: "ended", outcome: "success" });
  expect(performance.now() - since).toBeLessThan(500);
});

test("a watcher that never reads does not hold the end for long", async () => {
  const feed = createFeed();
  const watching = feed.watch(NEVER);
  feed.tell({ event: "state", state: "running" });
  await watching.next();
  await feed.end({ event: "ended", outcome: "success" });
  expect((await watching.next()).value).toEqual({ event: "ended", outcome: "success" });
});

const streamOf = (...chunks: readonly string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });

test("lines come whole, however they were cut; an unfinished one is none", async () => {
  expect(
    await Array.fromAsync(boundedLines(streamOf('{"a', '":1}\n{"b"', ":2}\n", "\n", '{"c'), 20)),
  ).toEqual(['{"a":1}', '{"b":2}', ""]);
});

test.each<{ chunks: readonly string[] }>([
  { chunks: ["x".repeat(21)] },
  { chunks: ["x".repeat(11), "x".repeat(11)] },
  { chunks: [`${"x".repeat(21)}\n`] },
])("a longer line than agreed is refused, also before its end: $chunks", async ({ chunks }) => {
  expect(Array.fromAsync(boundedLines(streamOf(...chunks), 20))).rejects.toThrow("more than 20 bytes");
});
