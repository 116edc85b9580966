/** Samples that are past their time leave a Prometheus, and what is younger, held or in no snapshot stays. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Backend, ExpireRequest } from "../../../src/contract/contract.ts";
import {
  exportedContent,
  float,
  HOUR_MS,
  harvest,
  labels,
  never,
  now,
  REQUEST,
  START,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

const BEFORE_MS = START + HOUR_MS;
const BEFORE = BigInt(BEFORE_MS) * 1_000_000n;

const series = (name: string, more: Record<string, string>) => ({
  labels: labels(name, more),
  points: Array.from({ length: 120 }, (_, index) => float(START + index * 60_000, index)),
});
const ALL = [
  series("requests", { app: "shop" }),
  series("requests", { app: "held", env: "prod" }),
  series("requests", { app: "held", env: "dev" }),
];

const filled = (over: Parameters<typeof serveLab>[0] = {}) => {
  const here = serveLab({ flavour: "prometheus", ...over });
  here.face.put(ALL);
  return here;
};
const found = async (backend: Backend, over: Partial<ExpireRequest> = {}) =>
  backend.findExpired?.({ before: BEFORE, ...over }, never);
const expire = async (backend: Backend, over: Partial<ExpireRequest> = {}) =>
  backend.expire?.({ before: BEFORE, ...over }, never);
const saved = (samples: number) => ({
  saved: { counts: { samples }, snapshot: { name: "s", sha256: "5f".repeat(32) } },
});
const leftOf = async (backend: Backend): Promise<number[]> => {
  const content = exportedContent(await harvest(backend, REQUEST));
  return ALL.map((one) => content.get(JSON.stringify(one.labels))?.length ?? 0);
};
const deletions = (asked: readonly string[]): string[] => asked.filter((path) => path.includes("admin"));

test("what is older goes, and nothing younger; the log of the server is without it later", async () => {
  let time = now();
  await using here = filled();
  const backend = here.open({ clock: () => time });
  expect(await found(backend)).toEqual({ counts: { samples: 180 } });
  expect(deletions(here.asked)).toEqual([]);
  const answer = await expire(backend, saved(180));
  expect(answer).toMatchObject({ state: "owed", counts: { samples: 180 } });
  expect(answer?.due).toBe(BEFORE + 8n * BigInt(HOUR_MS) * 1_000_000n);
  expect(await leftOf(backend)).toEqual([60, 60, 60]);
  time = answer?.due ?? 0n;
  expect(await expire(backend, saved(180))).toEqual({ state: "expired", counts: { samples: 0 } });
});

test("what is held stays, and only that", async () => {
  await using here = filled();
  const backend = here.open();
  const held = { except: ['requests{app="held",env=~"pr.*"}'] };
  expect((await found(backend, held))?.counts).toEqual({ samples: 120 });
  expect((await found(backend, { match: '{app="held"}', ...held }))?.counts).toEqual({ samples: 60 });
  await expire(backend, held);
  expect(await leftOf(backend)).toEqual([60, 120, 60]);
});

test("what is no selector cannot be left out: nothing goes, and it is not repeated", async () => {
  await using here = filled();
  const backend = here.open();
  const held = { except: ['rate(requests{user="person-12"}[5m])'] };
  const before = await found(backend, held);
  expect(before?.impossible).toContain("more than a selector");
  expect(before?.impossible).not.toContain("person-12");
  expect((await expire(backend, held))?.state).toBe("impossible");
  expect(deletions(here.asked)).toEqual([]);
});

test("other samples than the snapshot holds: nothing goes", async () => {
  await using here = filled();
  const answer = await expire(here.open(), saved(179));
  expect([answer?.state, answer?.reason]).toEqual(["owed", expect.stringContaining("has 180 samples")]);
  expect(deletions(here.asked)).toEqual([]);
});

test.each([
  [{ limits: { adminApi: false } }, "--web.enable-admin-api"],
  [{ flavour: "mimir" as const }, "compactor_blocks_retention_period"],
])("a server that cannot delete says what helps: %j", async (over, setting) => {
  await using here = filled(over);
  const backend = here.open();
  expect((await found(backend))?.impossible).toContain(setting);
  expect(await expire(backend)).toMatchObject({ state: "impossible", counts: {} });
  expect(await leftOf(backend)).toEqual([120, 120, 120]);
});
