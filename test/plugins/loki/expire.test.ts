/** Lines that are past their time go by delete requests, and what is younger, held or in no snapshot stays. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Backend, ExpireRequest } from "../../../src/contract/contract.ts";
import { failure, type Given, HOUR, heldBy, MINUTE, NOW, never, openLoki, put, stage } from "./support.ts";

setDefaultTimeout(60_000);

const BEFORE = NOW - 2n * HOUR;
const OLD = { from: NOW - 24n * HOUR, to: BEFORE };
const SNAPSHOT = { name: "s", sha256: "5f".repeat(32) };

const at = (time: bigint, line: string): Given => ({ time, line });
const fill = (here: ReturnType<typeof stage>): void => {
  put(here.face, { app: "shop" }, [at(BEFORE - HOUR, "a"), at(BEFORE - 1n, "edge"), at(BEFORE, "young")]);
  put(here.face, { app: "held", env: "prod" }, [at(BEFORE - HOUR, "held")]);
  put(here.face, { app: "held", env: "dev" }, [at(BEFORE - HOUR, "dev")]);
};

const found = async (backend: Backend, over: Partial<ExpireRequest> = {}) =>
  backend.findExpired?.({ before: BEFORE, ...over }, never);
const expire = (backend: Backend, over: Partial<ExpireRequest> = {}) =>
  backend.expire?.({ before: BEFORE, ...over }, never);
const saved = (entries: number) => ({ saved: { counts: { entries }, snapshot: SNAPSHOT } });
type Requested = { query: string; end_time: number; request_id: string };
const requests = async (url: string): Promise<Requested[]> =>
  (await fetch(`${url}/loki/api/v1/delete`)).json() as Promise<Requested[]>;

test("what is older goes when Loki has had its time, to the millisecond, and nothing younger", async () => {
  let now = NOW;
  await using here = stage({ now: () => now });
  fill(here);
  // `edge` lies in the last millisecond but one nanosecond: requests end on whole ones.
  expect((await found(here.backend))?.counts).toEqual({ entries: 3 });
  const answer = await expire(here.backend, saved(3));
  expect(answer).toMatchObject({ state: "owed", counts: { entries: 3 } });
  expect(answer?.due).toBe(NOW + 26n * HOUR + 10n * MINUTE);
  for (const { end_time } of await requests(here.url))
    expect(BigInt(Math.round(end_time * 1_000)) * 1_000_000n).toBeLessThan(BEFORE);
  expect((await found(here.backend))?.counts).toEqual({ entries: 0 });
  expect(await expire(here.backend, saved(3))).toMatchObject({ state: "owed", counts: { entries: 0 } });
  now += 25n * HOUR;
  expect(await expire(here.backend)).toMatchObject({ state: "owed" });
  expect(heldBy(here.face, OLD).length).toBe(1);
  now += 3n * HOUR;
  expect((await expire(here.backend))?.state).toBe("expired");
  expect(heldBy(here.face).map((one) => /"(edge|young)"/.exec(one)?.[1])).toEqual(["edge", "young"]);
});

test("what is held stays, and only that", async () => {
  let now = NOW;
  await using here = stage({ now: () => now });
  fill(here);
  const held = { except: ['{app="held", env=~"pr.*"}'] };
  expect((await found(here.backend, held))?.counts).toEqual({ entries: 2 });
  expect((await found(here.backend, { match: '{app="held"}', ...held }))?.counts).toEqual({ entries: 1 });
  await expire(here.backend, held);
  now += 30n * HOUR;
  await expire(here.backend, held);
  const left = heldBy(here.face).join("\n");
  for (const kept of ["held", "edge", "young"]) expect(left).toContain(`"${kept}" `);
  for (const gone of ["a", "dev"]) expect(left).not.toContain(`"${gone}" `);
});

test("a selector with a filter cannot be left out: nothing goes, and it is not repeated", async () => {
  await using here = stage();
  fill(here);
  const held = { except: ['{app="held"} |= "person-12"'] };
  const before = await found(here.backend, held);
  expect(before?.impossible).toContain("more than a stream selector");
  expect(before?.impossible).not.toContain("person-12");
  expect((await expire(here.backend, held))?.state).toBe("impossible");
  expect(await requests(here.url)).toEqual([]);
});

test("other lines than the snapshot holds: nothing goes", async () => {
  await using here = stage();
  fill(here);
  const answer = await expire(here.backend, saved(2));
  expect([answer?.state, answer?.reason]).toEqual(["owed", expect.stringContaining("has 3 lines")]);
  expect(await requests(here.url)).toEqual([]);
});

test("lines that somebody else's request hides are in no count: nothing goes before it is over", async () => {
  await using here = stage();
  fill(here);
  const query = new URLSearchParams({ query: '{app="held"}', start: "0" });
  await fetch(`${here.url}/loki/api/v1/delete?${query}`, { method: "POST" });
  const answer = await expire(here.backend);
  expect([answer?.state, answer?.reason]).toEqual(["owed", expect.stringContaining("somebody else")]);
  const [request, ...others] = await requests(here.url);
  expect(others).toEqual([]);
  await fetch(`${here.url}/loki/api/v1/delete?request_id=${request?.request_id}`, { method: "DELETE" });
  expect(await expire(here.backend)).toMatchObject({ counts: { entries: 3 } });
});

test("each tenant lets go of its own lines", async () => {
  await using here = stage({ authEnabled: true });
  const [a, b] = ["a", "b"].map((tenant) => openLoki({ url: here.url, tenant }));
  for (const tenant of ["a", "b"])
    await fetch(`${here.url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-scope-orgid": tenant },
      body: JSON.stringify({ streams: [{ stream: { app: "x" }, values: [[`${BEFORE - HOUR}`, "l"]] }] }),
    });
  if (a === undefined || b === undefined) throw new Error("no tenants");
  await expire(a);
  expect((await found(a))?.counts).toEqual({ entries: 0 });
  expect((await found(b))?.counts).toEqual({ entries: 1 });
});

test("a Loki that deletes nothing says which setting to change", async () => {
  await using here = stage({ limits: { retention_enabled: false } });
  fill(here);
  expect(await found(here.backend)).toMatchObject({
    counts: { entries: 3 },
    impossible: expect.stringContaining("compactor.retention_enabled"),
  });
  expect((await expire(here.backend))?.state).toBe("impossible");
});

test("lines that queries do not show are not taken for lines that are not there", async () => {
  await using here = stage({ limits: { max_query_lookback: "30m" } });
  fill(here);
  expect(String(await failure(expire(here.backend) ?? Promise.resolve()))).toContain(
    "not everything can be found",
  );
});
