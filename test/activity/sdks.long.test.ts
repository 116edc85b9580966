/** The clients that people use, from the registry, on Node.js and Bun: with a log they get what they get without. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openActivity } from "../../src/activity/database/open.ts";
import { listRuns } from "../../src/activity/query/list.ts";
import { findRun } from "../../src/activity/query/show.ts";
import { type Runtime, sdkCalls, sdkHome } from "./sdks/home.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(240_000);

let home: string;
let upstream: Upstream;

beforeAll(() => {
  home = sdkHome();
  upstream = startUpstream();
}, 240_000);
afterAll(() => upstream[Symbol.asyncDispose]());

const called = (runtime: Runtime, file: string, program?: string) =>
  sdkCalls(home, runtime, [upstream.url, file], program);

describe.each(["bun", "node"] as const)("%s", (runtime) => {
  test("clients get the same, and all that they asked is in the log", async () => {
    const file = join(home, `${runtime}.db`);
    const start = upstream.asked.length;
    const without = await called(runtime, "-");
    const middle = upstream.asked.length;
    const { state, ...withLog } = await called(runtime, file);
    expect(withLog).toEqual(without);
    expect(state).toMatchObject({ lost: 0, waiting: 0 });
    const bodies = upstream.asked.map(({ path, body }) => [path, body]);
    expect(bodies.slice(middle)).toEqual(bodies.slice(start, middle));

    const database = openActivity(file);
    const runs = listRuns(database, { limit: 100 }).reverse();
    const of = (user: string) =>
      runs.filter((run) => run.user === user).map(({ status, operation }) => `${operation} ${status}`);
    expect(of("openai")).toEqual([
      ...[
        "chat ok",
        "chat ok",
        "chat ok",
        "chat ok",
        "embeddings ok",
        "chat error",
        "chat ok",
        "chat cancelled",
      ],
    ]);
    expect(of("anthropic")).toEqual(["chat ok", "chat ok", "chat ok", "chat error"]);
    expect([of("dedalus"), of("vercel")]).toEqual([
      ["chat ok", "chat ok"],
      ["chat ok", "chat ok"],
    ]);
    const [, streamed] = runs;
    expect(streamed).toMatchObject({
      model_asked: "small",
      model_answered: "small-2026",
      tokens_input: 5,
      tokens_output: 7,
    });
    expect(findRun(database, streamed?.id ?? "")?.output).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "text", text: "I look, 日本語 🚀." },
          { type: "tool_call", id: "call_a", name: "look", arguments: { at: 1 } },
        ],
      },
    ]);
    const failed = runs.find(({ status }) => status === "error");
    expect(failed).toMatchObject({ error_class: "overloaded_error", error_text: "Overloaded" });
    expect(runs.at(-5)).toMatchObject({ status: "error", error_class: "cut" });
    database.close();
    for (const name of readdirSync(home).filter((one) => one.startsWith(`${runtime}.db`)))
      expect(readFileSync(join(home, name)).includes("of-the-caller"), name).toBe(false);
  });

  test("streams that are noted by hand end when their reader has done with them", async () => {
    const file = join(home, `${runtime}-streams.db`);
    const { text, isStream, state } = await called(runtime, file, "streams.mjs");
    expect([text, isStream]).toEqual(["I look, 日本語 🚀.", true]);
    expect(state).toMatchObject({ lost: 0, waiting: 0 });
    const database = openActivity(file);
    const runs = listRuns(database, { limit: 100 }).reverse();
    database.close();
    expect(runs.map(({ user, status }) => `${user} ${status}`)).toEqual([
      ...["whole ok", "left cancelled", "plain ok", "failed error", "vercel ok"],
    ]);
  });
});
