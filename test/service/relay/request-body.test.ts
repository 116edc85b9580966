/** What is held of requests on their way is bounded, and the bound holds however requests end. */
import { expect, test } from "bun:test";
import { createBodies } from "../../../src/service/relay/request-body.ts";

const LIMITS = { one: 60, all: 100 };
const PIECE = 40;

const sent = (body: string | ReadableStream<Uint8Array>): Request =>
  new Request("http://relay/", { method: "POST", body });
const whole = (bytes: number): Request => sent("x".repeat(bytes));

/** A body of which one piece has come, and the rest has not. */
function slow() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return { request: sent(readable), first: writer.write(new Uint8Array(PIECE)), writer };
}

const taken = (bodies: ReturnType<typeof createBodies>, request: Request) => {
  const body = bodies.open();
  return { body, outgoing: body.take(request, true, () => {}) };
};

const isHeld = async (bodies: ReturnType<typeof createBodies>, bytes: number): Promise<boolean> => {
  const { body, outgoing } = taken(bodies, whole(bytes));
  const { held } = await outgoing;
  body.release();
  return held !== undefined;
};

test("what was released twice makes room once", async () => {
  const bodies = createBodies(LIMITS);
  const [first, second] = [taken(bodies, whole(50)), taken(bodies, whole(50))];
  await Promise.all([first.outgoing, second.outgoing]);
  expect(await isHeld(bodies, 1)).toBe(false);
  for (let times = 0; times < 3; times += 1) first.body.release();
  expect([await isHeld(bodies, 50), await isHeld(bodies, 51)]).toEqual([true, false]);
});

test("a body that comes slowly counts from its first piece, and no more when its request has ended", async () => {
  const bodies = createBodies(LIMITS);
  const uploads = [slow(), slow()];
  const all = uploads.map(({ request }) => taken(bodies, request));
  await Promise.all(uploads.map(({ first }) => first));
  expect([await isHeld(bodies, 20), await isHeld(bodies, 21)]).toEqual([true, false]);
  for (const { body } of all) body.release();
  expect(await isHeld(bodies, 60)).toBe(true);
  // One that comes later to a request which has ended is not held.
  await Promise.all(uploads.map(({ writer }) => writer.write(new Uint8Array(1))));
  expect((await Promise.all(all.map(({ outgoing }) => outgoing))).map(({ held }) => held)).toEqual([
    undefined,
    undefined,
  ]);
  expect(await isHeld(bodies, 60)).toBe(true);
});

test("what is too large passes whole, and its beginning is held no longer than it waits", async () => {
  const bodies = createBodies(LIMITS);
  let passed = 0;
  const body = bodies.open();
  const { request, writer } = slow();
  const later = writer.write(new Uint8Array(PIECE)).then(() => writer.close());
  const outgoing = await body.take(request, true, (bytes) => {
    passed += bytes;
  });
  const other = taken(bodies, whole(50));
  await other.outgoing;
  expect([outgoing.held, await isHeld(bodies, 11)]).toEqual([undefined, false]);
  expect((await new Response(outgoing.body as ReadableStream).bytes()).length).toBe(2 * PIECE);
  await later;
  expect([passed, await isHeld(bodies, 50)]).toEqual([2 * PIECE, true]);
});
