import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import webhook, { webhookHeaders } from "../../../plugins/webhook/index.ts";
import type { AuditRecord } from "../../../src/contract/contract.ts";
import { PluginError } from "../../../src/contract/errors.ts";
import { type Behaviour, startReceiver } from "../../audit/receiver.ts";
import { openSink } from "../../audit/sink.ts";

const EVENT: AuditRecord = {
  id: "01a1fa8f-bc2c-7447-a722-f37b13a07121",
  seq: 7,
  timestamp: "2026-01-24T14:30:00.000Z",
  operation: "destroy",
  outcome: "success",
  user: "ada",
  host: "build-7",
  project: "shop",
  line: '{"id":"01a1fa8f-bc2c-7447-a722-f37b13a07121","text":"Grüße 🎉"}',
};
const NEVER = new AbortController().signal;

const failure = async (work: Promise<unknown>): Promise<PluginError> => {
  const error = await work.then(() => undefined).catch((reason) => reason);
  if (error instanceof PluginError) return error;
  throw new Error(`not a classified error: ${error}`);
};

test("the example of the Standard Webhooks specification's own libraries", () => {
  const delivery = {
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
  };
  expect(webhookHeaders(delivery, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).toEqual({
    "webhook-id": delivery.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("a delivery is the trail's line, signed; a receiver can prove it", async () => {
  await using receiver = await startReceiver();
  const { sink } = await openSink(webhook, {
    url: `${receiver.url}/in/?key=a%20b&key=c`,
    secret: "a plain secret",
  });
  const before = Math.floor(Date.now() / 1000);
  await sink.deliver(EVENT, NEVER);
  const [got] = receiver.received;
  expect(got?.body).toBe(EVENT.line);
  expect(got?.target).toBe("/in/?key=a+b&key=c");
  expect(got?.headers["content-type"]).toBe("application/json");
  expect(got?.headers["webhook-id"]).toBe(EVENT.id);
  const timestamp = Number(got?.headers["webhook-timestamp"]);
  expect(timestamp).toBeGreaterThanOrEqual(before);
  const signed = createHmac("sha256", "a plain secret").update(`${EVENT.id}.${timestamp}.${EVENT.line}`);
  expect(got?.headers["webhook-signature"]).toBe(`v1,${signed.digest("base64")}`);
});

test("without a secret nothing is signed", async () => {
  await using receiver = await startReceiver();
  const { sink } = await openSink(webhook, { url: receiver.url });
  await sink.deliver(EVENT, NEVER);
  expect(receiver.received[0]?.headers["webhook-signature"]).toBeUndefined();
});

test.each<[Behaviour, string]>([
  ["fail", "temporary"],
  ["close", "temporary"],
  ["redirect", "invalid"],
  ["reject", "invalid"],
  ["unauthorised", "refused"],
])("%s: %s, and neither the path nor the query is told", async (behaviour, kind) => {
  await using receiver = await startReceiver(behaviour);
  const { sink } = await openSink(webhook, { url: `${receiver.url}/services/T0SECRET?token=hush` });
  const error = await failure(sink.deliver(EVENT, NEVER));
  expect(error.kind).toBe(kind as never);
  expect(`${error.message}${error.hint}`).not.toMatch(/T0SECRET|hush/);
});

test("nobody listens: temporary", async () => {
  const gone = await startReceiver();
  await gone[Symbol.asyncDispose]();
  const { sink } = await openSink(webhook, { url: gone.url });
  expect((await failure(sink.deliver(EVENT, NEVER))).kind).toBe("temporary");
  expect((await failure(sink.probe(NEVER))).kind).toBe("temporary");
});

test("the probe delivers nothing, and is content with a receiver that only knows POST", async () => {
  await using receiver = await startReceiver("reject");
  const { sink } = await openSink(webhook, { url: receiver.url });
  await sink.probe(NEVER);
  receiver.behaviour = "redirect";
  expect((await failure(sink.probe(NEVER))).message).toContain("302");
  receiver.behaviour = "unauthorised";
  expect((await failure(sink.probe(NEVER))).kind).toBe("refused");
});

test("a cancelled delivery ends at once", async () => {
  await using receiver = await startReceiver("hang");
  const { sink } = await openSink(webhook, { url: receiver.url });
  const controller = new AbortController();
  const delivery = sink.deliver(EVENT, controller.signal).catch(() => "ended");
  controller.abort();
  expect(await delivery).toBe("ended");
});

test.each(["ftp://x", "hooks.example.com", "http://"])("the url %j is refused", async (url) => {
  expect(openSink(webhook, { url })).rejects.toThrow("url");
});
