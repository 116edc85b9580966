/** One person's series in the lab: found by whole label values, deleted where the server can, and said where it cannot. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import mimir from "../../../plugins/mimir/index.ts";
import { runCheck } from "../../../src/conformance/check.ts";
import { erasureRules } from "../../../src/conformance/erasure-rules.ts";
import { openSubject } from "../../../src/conformance/subject.ts";
import type { Backend, Found } from "../../../src/contract/contract.ts";
import {
  exportedContent,
  failure,
  float,
  HOUR_MS,
  harvest,
  labels,
  NOW_MS,
  never,
  now,
  REQUEST,
  range,
  START,
  serveLab,
} from "./support.ts";

setDefaultTimeout(60_000);

const DAY = 86_400_000_000_000n;
const WHERE = 'requests{customer="{id}"}';

const series = (name: string, more: Record<string, string>, from = START) => ({
  labels: labels(name, more),
  points: Array.from({ length: 60 }, (_, index) => float(from + index * 60_000, index)),
});

const ALL = [
  series("requests", { customer: "12", job: "a" }),
  series("requests", { customer: "12", job: "b" }),
  series("requests", { customer: "123", job: "a" }),
  series("requests", { customer: "1.2", job: "a" }),
  series("requests", { job: "12" }),
  series("errors", { customer: "12" }),
];

const find = (backend: Backend, where: string, id: string, over = {}): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where, ...over }, never) ?? []);

const erase = async (backend: Backend, id: string, found: readonly Found[]) =>
  (await backend.erase?.({ id, found }, never))?.outcomes ?? [];

const filled = (over: Parameters<typeof serveLab>[0] = {}) => {
  const here = serveLab({ flavour: "prometheus", ...over });
  here.face.put(ALL);
  return here;
};

test("the contract's rule about one person's data holds for a Prometheus", async () => {
  const clock = (): bigint => BigInt(Date.now()) * 1_000_000n;
  await using here = serveLab({ flavour: "prometheus", now: clock });
  const start = Date.now() - 3 * HOUR_MS;
  here.face.put(["12", "123"].map((customer) => series("requests", { customer }, start)));
  const target = { declaration: mimir, origin: "built-in", face: "backend" } as const;
  const options = { url: here.url, settle: "0s" };
  const subject = openSubject({ ...target, options, subject: { id: "12", where: '{customer="{id}"}' } });
  for (const rule of erasureRules)
    expect((await runCheck(rule, subject)).verdict).toEqual({ kind: "passed" });
  await subject.stop();
});

test("series are deleted by whole label values, and no others; what is left of them goes with its blocks", async () => {
  let time = now();
  await using here = filled();
  const backend = here.open({ clock: () => time });
  const found = await find(backend, '{customer="{id}"}', "12");
  expect(found.map(({ unit, count, where }) => [unit, count, where])).toEqual([
    ["series", 1, "the metric errors"],
    ["series", 2, "the metric requests"],
  ]);
  expect(JSON.stringify(found, (_, value) => (typeof value === "bigint" ? "" : value))).not.toMatch(
    /"[^"]*\b12\b[^"]*"/,
  );
  const newest = found[0]?.range?.to ?? 0n;
  expect(newest).toBeGreaterThanOrEqual(BigInt(START + 60 * 60_000) * 1_000_000n);
  expect(newest).toBeLessThanOrEqual(BigInt(START + 3 * HOUR_MS) * 1_000_000n);

  const outcomes = await erase(backend, "12", found);
  expect(outcomes).toMatchObject([
    { state: "owed", count: 1 },
    { state: "owed", count: 2 },
  ]);
  expect(outcomes[0]?.reason).toContain("--storage.tsdb.retention.time (15d)");
  expect(await find(backend, '{customer="{id}"}', "12")).toEqual([]);
  const left = [...exportedContent(await harvest(backend, REQUEST)).keys()];
  expect(left.sort()).toEqual(
    ALL.slice(2, 5)
      .map((one) => JSON.stringify(one.labels))
      .sort(),
  );

  time += 15n * DAY;
  expect(await erase(backend, "12", found)).toMatchObject([{ state: "owed" }, { state: "owed" }]);
  time += 3n * DAY;
  expect(await erase(backend, "12", found)).toEqual([
    { state: "erased", count: 1 },
    { state: "erased", count: 2 },
  ]);
});

test("a range takes its part of a series only", async () => {
  await using here = filled();
  const backend = here.open();
  const half = range(START, START + 30 * 60_000);
  const found = await find(backend, WHERE, "12", { range: half });
  expect(found).toMatchObject([{ count: 2, range: half }]);
  await erase(backend, "12", found);
  const content = exportedContent(await harvest(backend, REQUEST));
  expect(content.get(JSON.stringify(ALL[0]?.labels))?.length).toBe(30);
  expect(content.get(JSON.stringify(ALL[2]?.labels))?.length).toBe(60);
});

test("an identifier is never a pattern, and ends no text of the query", async () => {
  await using here = serveLab({ flavour: "prometheus" });
  const ids = ['a"} or up{x="', "a.b", "x|y", "c:\\d", "naïve", "漢字", "{id}", ".*", "$1x"];
  const others = ["axb", "x", "naive", "anything"];
  here.face.put([...ids, ...others].map((customer) => series("requests", { customer })));
  const backend = here.open();
  for (const id of ids.filter((one) => one !== ".*")) {
    const found = await find(backend, WHERE, id);
    expect([id, found[0]?.count]).toEqual([id, 1]);
    expect(await erase(backend, id, found)).toMatchObject([{ state: "owed", count: 1 }]);
  }
  const left = [...exportedContent(await harvest(backend, REQUEST)).keys()];
  expect(left.length).toBe(others.length + 1);
});

test("a selector that would take more than was found takes nothing", async () => {
  await using here = filled();
  const backend = here.open();
  const found = await find(backend, WHERE, "12");
  here.face.put([series("requests", { customer: "12", job: "new" })]);
  const [outcome] = await erase(backend, "12", found);
  expect(outcome).toMatchObject({ state: "impossible", count: 2 });
  expect(outcome?.reason).toContain("would take 3 series, and 2 were found");
  expect(here.asked.filter((path) => path.includes("admin"))).toEqual([]);
});

describe("a server that cannot delete says so, and what helps", () => {
  test("a Prometheus whose admin API is off", async () => {
    await using here = filled({ limits: { adminApi: false } });
    const backend = here.open();
    const found = await find(backend, WHERE, "12");
    const [outcome] = await erase(backend, "12", found);
    expect(outcome).toMatchObject({ state: "impossible", count: 2 });
    expect(outcome?.reason).toContain("--web.enable-admin-api");
  });

  test("one whose flags are not shown", async () => {
    const here = serveLab({ flavour: "prometheus", limits: { adminApi: false } }, (request) =>
      request.url.includes("/status/flags") ? new Response("no", { status: 403 }) : undefined,
    );
    here.face.put(ALL);
    const backend = here.open();
    const [outcome] = await erase(backend, "12", await find(backend, WHERE, "12"));
    expect(outcome?.reason).toContain("--web.enable-admin-api");
    await here[Symbol.asyncDispose]();
  });

  test.each(["mimir", "cortex"] as const)("a %s", async (flavour) => {
    await using here = filled({ flavour });
    const backend = here.open();
    const found = await find(backend, WHERE, "12");
    expect(found).toMatchObject([{ unit: "series", count: 2 }]);
    const [outcome] = await erase(backend, "12", found);
    expect(outcome).toMatchObject({ state: "impossible", count: 2 });
    expect(outcome?.reason).toContain("compactor_blocks_retention_period");
    expect((await find(backend, WHERE, "12"))[0]?.count).toBe(2);
  });

  test("a Prometheus that keeps its blocks for ever", async () => {
    await using here = filled({ limits: { retention: 0 } });
    const backend = here.open();
    const [outcome] = await erase(backend, "12", await find(backend, WHERE, "12"));
    expect(outcome?.reason).toContain("--storage.tsdb.retention.time");
    expect(await find(backend, WHERE, "12")).toEqual([]);
  });
});

test.each(['requests{customer=~"{id}.*"}', 'requests{customer!="{id}"}', "requests", '{customer="{id}"'])(
  "a place that is not exact is refused: %s",
  async (where) => {
    await using here = filled();
    const error = await failure(find(here.open(), where, "person-12"));
    expect(error.kind).toBe("invalid");
    expect(`${error.message} ${error.hint}`).not.toContain("person-12");
  },
);

test("the identifier stands in no error", async () => {
  await using here = serveLab({ flavour: "prometheus" }, (request) =>
    request.url.endsWith("/query")
      ? new Response('bad: requests{customer="person-12"}', { status: 400 })
      : undefined,
  );
  here.face.put(ALL);
  const error = await failure(find(here.open(), WHERE, "person-12"));
  expect(error.message).toContain("{id}");
  expect(error.message).not.toContain("person-12");
});

test("too much for one query is asked by halves of the time", async () => {
  let refused = 0;
  await using here = serveLab({ flavour: "prometheus" }, async (request) => {
    const text = request.url.endsWith("/query")
      ? new URLSearchParams(await request.clone().text()).get("query")
      : "";
    const [, ms = 0] = /\[(\d+)ms\]/.exec(text ?? "") ?? [];
    if (Number(ms) <= HOUR_MS) return undefined;
    refused += 1;
    return Response.json(
      {
        status: "error",
        errorType: "execution",
        error: "query processing would load too many samples into memory in query execution",
      },
      { status: 422 },
    );
  });
  here.face.put([
    series("requests", { customer: "12" }),
    series("requests", { customer: "12", job: "x" }, NOW_MS - 2 * HOUR_MS),
  ]);
  expect(await find(here.open(), WHERE, "12")).toMatchObject([{ count: 2 }]);
  expect(refused).toBeGreaterThan(0);
});
