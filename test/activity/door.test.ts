/** Runs are taken, redacted, and written, and nothing of that reaches whoever calls. */
import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readMessage } from "../../src/activity/database/messages.ts";
import { openDoor } from "../../src/activity/door.ts";
import type { Message } from "../../src/activity/format/run.ts";
import type { ActivityLog, NewRun } from "../../src/activity/log.ts";
import { temporaryDirectory } from "../support/directory.ts";

const said = (role: string, text: string): Message => ({ role, parts: [{ type: "text", text }] });

const asking = (...input: Message[]): NewRun => ({
  source: "api",
  operation: "chat",
  asked: { model: "m", input, isStream: false },
});

const newPath = (): string => join(temporaryDirectory(), "p", ".contextcore", "activity.db");

async function written(
  path: string,
  work: (door: ActivityLog) => void | Promise<void>,
  content?: "none" | "full",
) {
  const door = openDoor({ path, ...(content !== undefined && { content }) });
  await work(door);
  await door.close();
  return rows(path);
}

function rows(path: string) {
  const database = new DatabaseSync(path, { readOnly: true });
  const all = (sql: string) => database.prepare(sql).all() as Record<string, string | number | null>[];
  const found = {
    runs: all("SELECT * FROM runs ORDER BY seq"),
    calls: all("SELECT * FROM tool_calls ORDER BY number"),
    messages: database
      .prepare("SELECT coding, body FROM messages ORDER BY number")
      .all()
      .map((row) => readMessage({ coding: String(row.coding), body: row.body as Uint8Array })),
    said: all("SELECT run, side, position, message FROM run_messages ORDER BY run, side, position"),
    found: (words: string) =>
      database.prepare("SELECT rowid FROM message_text WHERE message_text MATCH ?").all(words).length,
  };
  return found;
}

test("a run that begins, answers and ends", async () => {
  const { runs, messages } = await written(newPath(), (door) => {
    const run = door.begin({
      ...asking(said("user", "Well?")),
      user: "ada",
      entity: { type: "ticket", id: "7" },
    });
    run.firstChunk();
    run.end({
      status: "ok",
      answer: {
        model: "m-1",
        output: [said("assistant", "Yes.")],
        tokens: { input: 3 },
        finishReason: "stop",
      },
    });
    run.end({ status: "error" });
  });
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab]/),
    source: "api",
    user: "ada",
    entity_type: "ticket",
    entity_id: "7",
    model_asked: "m",
    model_answered: "m-1",
    status: "ok",
    tokens_input: 3,
    tokens_output: null,
    finish_reason: "stop",
    writer: null,
  });
  expect(messages).toEqual([said("user", "Well?"), said("assistant", "Yes.")]);
});

test("what a conversation repeats is there once, and each run has all that it was asked", async () => {
  const path = newPath();
  const system = said("system", `You are helpful. ${"Mind the rules. ".repeat(200)}`);
  const {
    messages,
    said: inRuns,
    found,
  } = await written(path, (door) => {
    for (let turn = 1; turn <= 3; turn += 1) {
      const before = Array.from({ length: turn }, (_, at) => said("user", `question ${at}`));
      door.begin(asking(system, ...before)).end({ status: "ok" });
    }
  });
  expect([messages.length, inRuns.length]).toEqual([4, 2 + 3 + 4]);
  expect([found("question"), found("rules"), found("absent")]).toEqual([3, 1, 0]);
});

test("a tool's result comes with the next run, once, however often it is repeated", async () => {
  const call: Message = {
    role: "assistant",
    parts: [
      { type: "tool_call", id: "c1", name: "look", arguments: { at: 1, api_key: "sk-hidden-from-all" } },
    ],
  };
  const result: Message = {
    role: "tool",
    parts: [{ type: "tool_call_response", id: "c1", response: "a cat" }],
  };
  const { calls, runs } = await written(newPath(), (door) => {
    door.begin(asking(said("user", "?"))).end({ status: "ok", answer: { output: [call], tokens: {} } });
    for (let more = 0; more < 2; more += 1)
      door.begin(asking(said("user", "?"), call, result)).end({ status: "ok" });
  });
  expect(calls).toEqual([
    expect.objectContaining({
      run: runs[0]?.seq,
      call_id: "c1",
      name: "look",
      arguments: '{"at":1,"api_key":"***"}',
      result: '"a cat"',
      status: "answered",
      answered_by: runs[1]?.seq,
    }),
  ]);
  expect(runs[0]?.redactions).toBe(1);
});

const callOf = (name: string, at: number): Message => ({
  role: "assistant",
  parts: [{ type: "tool_call", id: "call_0", name, arguments: { at } }],
});

const resultOf = (response: string): Message => ({
  role: "tool",
  parts: [{ type: "tool_call_response", id: "call_0", response }],
});

const answering = (call: Message) => ({
  status: "ok" as const,
  answer: { output: [call], tokens: {} },
});

test("calls that are numbered anew in each answer have each its own result", async () => {
  const conversation = [callOf("look", 1), resultOf("first"), callOf("look", 2), resultOf("second")];
  const { calls } = await written(newPath(), (door) => {
    door.begin(asking()).end(answering(callOf("look", 1)));
    door.begin(asking(...conversation.slice(0, 2))).end(answering(callOf("look", 2)));
    door.begin(asking(...conversation)).end({ status: "ok" });
    // Of this one nothing came in between.
    const other = (...input: Message[]) => ({ ...asking(...input), conversation: "other" });
    for (const at of [1, 2]) door.begin(other()).end(answering(callOf("look", at)));
    door.begin(other(resultOf("first"), resultOf("second"))).end({ status: "ok" });
  });
  expect(calls.map(({ result }) => result)).toEqual(['"first"', '"second"', '"first"', '"second"']);
});

test("programs that name nobody and number their calls alike have each their own results", async () => {
  const { calls } = await written(newPath(), (door) => {
    for (const [name, at] of [
      ["look", 1],
      ["look", 2],
      ["search", 1],
    ] as const)
      door.begin(asking()).end(answering(callOf(name, at)));
    door.begin(asking(callOf("look", 1), resultOf("a cat"))).end({ status: "ok" });
  });
  expect(calls.map(({ result }) => result)).toEqual(['"a cat"', null, null]);
});

test("what is not to be kept is not: neither text nor arguments, only which tools were asked for", async () => {
  const path = newPath();
  const call: Message = {
    role: "assistant",
    parts: [{ type: "tool_call", id: "c1", name: "look", arguments: { q: "xyzzy" } }],
  };
  const { messages, calls, runs } = await written(
    path,
    (door) => {
      const run = door.begin({ ...asking(said("user", "xyzzy")), user: "ada" });
      run.end({
        status: "error",
        answer: { output: [call], tokens: {} },
        error: { class: "e", text: "xyzzy" },
      });
    },
    "none",
  );
  expect([messages, calls[0]?.name, calls[0]?.arguments, runs[0]?.error_text]).toEqual([
    [],
    "look",
    null,
    null,
  ]);
  for (const file of readdirSync(join(path, "..")))
    expect(readFileSync(join(path, "..", file)).includes("xyzzy")).toBe(false);
});

test("the caller is never disturbed: where nothing can be written, runs wait, and are written once it can", async () => {
  const path = newPath();
  await written(path, (door) => void door.begin(asking(said("user", "first"))).end({ status: "ok" }));
  const blocker = new DatabaseSync(path);
  blocker.exec("BEGIN IMMEDIATE");
  const door = openDoor({ path });
  const started = performance.now();
  for (let at = 0; at < 50; at += 1) door.begin(asking(said("user", `waiting ${at}`))).end({ status: "ok" });
  expect(performance.now() - started).toBeLessThan(50);
  await until(() => door.state().failure !== undefined);
  expect(door.state()).toMatchObject({ written: 0, waiting: 100, lost: 0 });
  blocker.exec("ROLLBACK");
  blocker.close();
  await door.close();
  expect(door.state()).toEqual({ written: 100, waiting: 0, lost: 0 });
  expect(rows(path).runs).toHaveLength(51);
});

test("what cannot be opened is told, and not thrown", async () => {
  const path = newPath();
  mkdirSync(path, { recursive: true });
  const door = openDoor({ path });
  door.begin(asking(said("user", "?"))).end({ status: "ok" });
  await until(() => door.state().failure !== undefined);
  expect(door.state().failure).toContain("is a directory");
  await door.close(10);
  expect(door.state().lost).toBe(2);
});

test.each(["none at all", "damaged within"])(
  "a database that is %s is set aside and said, and what is taken in goes into a new one",
  async (how) => {
    const path = newPath();
    const first = said("user", "first words ".repeat(20_000));
    await written(path, (door) => void door.begin(asking(first)).end({ status: "ok" }), "full");
    const aside: string[] = [];
    const door = openDoor({ path, onSetAside: (name) => aside.push(name) });
    const take = async (): Promise<void> => {
      door.begin(asking(said("user", "second"))).end({ status: "ok" });
      await until(() => door.state().waiting === 0);
    };
    const bytes = readFileSync(path);
    const isNone = how === "none at all";
    bytes.fill(isNone ? 32 : 0xff, isNone ? 0 : 4_096, isNone ? 200 : bytes.length);
    writeFileSync(path, bytes);
    await take();
    await door.close();
    expect(aside).toEqual([expect.stringMatching(/activity\.db\.damaged-\d{8}T\d{6}Z$/)]);
    expect(readFileSync(aside[0] ?? "").equals(bytes)).toBe(true);
    expect(door.state()).toMatchObject({ waiting: 0, lost: 0 });
    expect(rows(path).messages).toEqual([said("user", "second")]);
  },
);

test("what there is no room for is counted, and the memory is bounded", async () => {
  const path = newPath();
  const door = openDoor({ path });
  const long = said("user", "x ".repeat(10 << 20));
  for (let at = 0; at < 8; at += 1) door.begin(asking(long));
  expect(door.state()).toMatchObject({ waiting: 3, lost: 5 });
  await door.close(10_000);
  const { runs } = rows(path);
  expect(runs.map(({ cut_bytes }) => cut_bytes)).toEqual([16 << 20, 16 << 20, 16 << 20]);
});

test("the file and its directory are this user's alone", async () => {
  const path = newPath();
  await written(path, (door) => void door.begin(asking()).end({ status: "ok" }));
  const { statSync } = await import("node:fs");
  expect([statSync(path).mode & 0o777, statSync(join(path, "..")).mode & 0o777]).toEqual([0o600, 0o700]);
  chmodSync(join(path, ".."), 0o700);
});

test("5,000 runs a second", async () => {
  const path = newPath();
  const started = performance.now();
  const { runs } = await written(path, async (door) => {
    for (let at = 0; at < 5_000; at += 1)
      door
        .begin({
          ...asking(said("system", "Be brief."), said("user", `question ${at}`)),
          user: `u${at % 10}`,
        })
        .end({
          status: "ok",
          answer: { output: [said("assistant", `answer ${at}`)], tokens: { input: 5, output: 7 } },
        });
    await door.close(30_000);
  });
  console.log(`${Math.round(5_000 / ((performance.now() - started) / 1_000))} runs/s`);
  expect(runs).toHaveLength(5_000);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
