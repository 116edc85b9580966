/** A call that is noted is the call that it would be without, whatever its client hands in and gets back. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Readable } from "node:stream";
import { openActivityLog, recordActivity } from "../../src/activity/wrapper/activity.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { runsIn } from "./otlp/spans.ts";

type Call = Parameters<typeof recordActivity>[0];

/** What is noted of calls that are answered by `answer`. */
async function noted(answer: Call, work: (call: Call) => Promise<void>) {
  const file = join(temporaryDirectory(), "activity.db");
  const log = openActivityLog({ file });
  await work(recordActivity(answer, { log }));
  await log.close();
  return runsIn(file);
}

const CHAT = "https://models.example/v1/chat/completions";
const BODY = JSON.stringify({ model: "small", messages: [{ role: "user", content: "Well?" }] });
const ASKED = { method: "POST", body: BODY };
const ok = async () => Response.json({ choices: [] });

/** As node-fetch has it: a stream of Node.js, which has no reader. */
const ofNodeFetch = (status: number) =>
  ({ status, statusText: "", headers: new Headers(), body: Readable.from(["text"]) }) as unknown as Response;

test("an answer that cannot be read on its way is passed on as it is", async () => {
  const locked = new Response("text");
  locked.body?.getReader();
  const answers = [ofNodeFetch(200), locked, ofNodeFetch(503)];
  const left = [...answers];
  const runs = await noted(
    async () => left.shift() ?? Response.error(),
    async (call) => {
      for (const answer of answers) expect(await call(CHAT, ASKED)).toBe(answer);
    },
  );
  expect(runs.map(({ status, error }) => error?.class ?? status)).toEqual(["ok", "ok", "http_503"]);
});

test("one whose head cannot be written again keeps its body", async () => {
  const odd = Object.defineProperty(new Response("text"), "status", { value: 999 });
  await noted(
    async () => odd,
    async (call) => {
      expect(await (await call(CHAT, ASKED)).text()).toBe("text");
    },
  );
});

test("a request is sent before its body has come, which is noted later", async () => {
  const sent = Promise.withResolvers<void>();
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(Buffer.from(BODY.slice(0, 10)));
      await sent.promise;
      controller.enqueue(Buffer.from(BODY.slice(10)));
      controller.close();
    },
  });
  const answer: Call = async (input) => {
    sent.resolve();
    expect(await new Response((input as Request).body).text()).toBe(BODY);
    return ok();
  };
  const runs = await noted(answer, async (call) => {
    const request = new Request(CHAT, { method: "POST", body, duplex: "half" } as RequestInit);
    await (await call(request)).text();
  });
  expect(runs).toEqual([expect.objectContaining({ status: "ok", modelAsked: "small" })]);
  expect(JSON.stringify(runs[0]?.input)).toContain("Well?");
});

test("messages of a thread are asked of no model", async () => {
  const runs = await noted(ok, async (call) => {
    for (const path of ["threads/thread_1/messages", "messages"])
      await (await call(`https://models.example/v1/${path}`, ASKED)).text();
  });
  expect(runs).toHaveLength(1);
});
