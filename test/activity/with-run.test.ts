/** Runs that are noted by hand, and how they end. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openActivityLog, withRun } from "../../src/activity/wrapper/activity.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { runsIn } from "./otlp/spans.ts";

type Log = ReturnType<typeof openActivityLog>;

async function noted(work: (log: Log) => Promise<void>) {
  const file = join(temporaryDirectory(), "activity.db");
  const log = openActivityLog({ file });
  await work(log);
  await log.close();
  expect(log.state().lost).toBe(0);
  return runsIn(file);
}

const answer = (text: string) => ({
  output: [{ role: "assistant", parts: [{ type: "text" as const, text }] }],
  tokens: { output: 1 },
});

const asked = { model: "small", input: [] };

/** Pieces, each of which becomes a part of the answer; the third may fail. */
const pieces = (log: Log, failure?: Error) =>
  withRun(log, asked, async (run) => {
    async function* all() {
      let text = "";
      try {
        for (const piece of ["a", "b", "c"]) {
          if (piece === "c" && failure !== undefined) throw failure;
          text += piece;
          yield piece;
        }
      } finally {
        run.answer(answer(text));
      }
    }
    return all();
  });

const said = (text: string) => [{ role: "assistant", parts: [{ type: "text", text }] }];

test("a stream that is read to its end is a run until then", async () => {
  const runs = await noted(async (log) => {
    const stream = await pieces(log);
    const all: string[] = [];
    for await (const piece of stream) all.push(piece);
    expect(all).toEqual(["a", "b", "c"]);
  });
  expect(runs).toEqual([
    expect.objectContaining({
      status: "ok",
      output: said("abc"),
      tokensOutput: 1,
      firstChunk: expect.any(String),
    }),
  ]);
});

test("one that is left early was cancelled, with what came until then", async () => {
  const runs = await noted(async (log) => {
    for await (const _ of await pieces(log)) break;
  });
  expect(runs).toEqual([expect.objectContaining({ status: "cancelled", output: said("a") })]);
});

test("one that fails is an error, which its reader gets", async () => {
  const runs = await noted(async (log) => {
    const stream = await pieces(log, new RangeError("no more"));
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow("no more");
  });
  expect(runs).toEqual([
    expect.objectContaining({
      status: "error",
      error: { class: "RangeError", text: "RangeError: no more" },
      output: said("ab"),
    }),
  ]);
});

test("what was given up by a signal was cancelled, as a stream and at once", async () => {
  const abort = Object.assign(new Error("given up"), { name: "AbortError" });
  const runs = await noted(async (log) => {
    const stream = await pieces(log, abort);
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBe(abort);
    await expect(withRun(log, asked, () => Promise.reject(abort))).rejects.toBe(abort);
  });
  expect(runs.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
});

test("a generator may be asked piece by piece, and be thrown at", async () => {
  const runs = await noted(async (log) => {
    const stream = await pieces(log);
    expect(await stream.next()).toEqual({ done: false, value: "a" });
    await expect(stream.throw(new TypeError("stop"))).rejects.toThrow("stop");
    const other = await pieces(log);
    for (let done = false; !done; ) done = (await other.next()).done === true;
  });
  expect(runs.map(({ status, error }) => [status, error?.class])).toEqual([
    ["error", "TypeError"],
    ["ok", undefined],
  ]);
});

class Pieces implements AsyncIterable<string> {
  readonly #all = ["x", "y"];
  async *[Symbol.asyncIterator]() {
    yield* this.#all;
  }
  count(): number {
    return this.#all.length;
  }
}

test("a client's own stream stays what it is", async () => {
  const own = new Pieces();
  const runs = await noted(async (log) => {
    const stream = await withRun(log, asked, async () => own);
    expect(stream).toBe(own);
    expect(stream.count()).toBe(2);
    const all: string[] = [];
    for await (const piece of stream) all.push(piece);
    expect(all).toEqual(["x", "y"]);
  });
  expect(runs).toEqual([expect.objectContaining({ status: "ok" })]);
});

test("a ReadableStream that is read with for await is a run until its end", async () => {
  const runs = await noted(async (log) => {
    const stream = await withRun(log, asked, async () => new Response("text").body);
    for await (const _ of stream ?? []);
  });
  expect(runs).toEqual([expect.objectContaining({ status: "ok", firstChunk: expect.any(String) })]);
});

test("one that cannot be watched is passed on all the same", async () => {
  const own = Object.freeze(new Pieces());
  const runs = await noted(async (log) => {
    const all: string[] = [];
    for await (const piece of await withRun(log, asked, async () => own)) all.push(piece);
    expect(all).toEqual(["x", "y"]);
  });
  expect(runs).toEqual([expect.objectContaining({ status: "ok" })]);
});

test("what a program says wrongly of a run harms nobody, and holds up no other run", async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const file = join(temporaryDirectory(), "activity.db");
  const log = openActivityLog({ file });
  const parts = [{ type: "tool_call", name: "x", arguments: circle }];
  const wrong = [{ input: 7 }, { input: [{ role: "user" }] }, { input: [{ role: "user", parts }] }];
  for (const one of wrong) expect(await withRun(log, one as never, async () => "done")).toBe("done");
  expect(await withRun(log, asked, async () => "done")).toBe("done");
  await log.close();
  expect(runsIn(file).at(-1)).toMatchObject({ status: "ok", modelAsked: "small" });
  expect(log.state()).toMatchObject({ waiting: 0 });
});

test("a file keeps as much of what was said as its log is told to", async () => {
  const secret = "password=hunter2hunter2";
  const input = [{ role: "user", parts: [{ type: "text" as const, text: `Well? ${secret}` }] }];
  const kept = async (place: { content?: "none" | "redacted" | "full" }) => {
    const file = join(temporaryDirectory(), "activity.db");
    const log = openActivityLog({ file, ...place });
    await withRun(log, { input }, async () => "done");
    await log.close();
    return JSON.stringify(runsIn(file)[0]?.input);
  };
  expect(await kept({ content: "none" })).toBe("[]");
  expect(await kept({ content: "full" })).toContain(secret);
  for (const place of [{}, { content: "redacted" as const }])
    expect(await kept(place)).toContain("Well? password=***");
});
