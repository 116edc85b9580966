/** Blocks of a real Tempo, read from its storage: the same lines as through the API, which said of each trace what it is. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timesOf } from "../../../plugins/tempo/storage/parquet/schema.ts";
import { random } from "../../lab/random.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { serveBucket } from "./bucket.ts";
import {
  answering,
  copied,
  FORMATS,
  fixtures,
  LATER,
  RANGE,
  storageOf,
  throughApi,
  truthIn,
} from "./stored.ts";
import { at, harvest, linesOf, never, SECOND, span, traceOf } from "./support.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "contextcore-blocks-"));
});
afterAll(() => rm(scratch, { recursive: true }));

const readsById = (here: { asked: readonly string[] }): string[] =>
  here.asked.filter((path) => path.includes("/traces/"));

test.each(FORMATS)("%s: every trace as the API gives it, without asking the API for one", async (format) => {
  const expected = await throughApi(format);
  await using here = answering(format, { storage: storageOf(format) });
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.lines.get("traces.json")).toEqual([...expected]);
  expect(found.problems).toEqual([]);
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 });
  expect(readsById(here)).toEqual([]);
});

test.each(FORMATS)(
  "%s: a few rows at a time, in any order, by readers that know nothing of each other",
  async (format) => {
    const expected = await throughApi(format);
    await using here = answering(format, { storage: storageOf(format), stepBytes: 60_000 });
    const next = random(11);
    const found = await harvest(here.backend, { range: RANGE }, (waiting) => Math.floor(next() * waiting));
    expect(found.lines.get("traces.json")).toEqual([...expected]);
    expect(found.steps).toBeGreaterThan(20);
  },
);

test.each(FORMATS)(
  "%s: where no querier answers, what reaches into the newest hour comes through the API, and nothing twice",
  async (format) => {
    const expected = await throughApi(format);
    const storage = storageOf(format);
    await using here = answering(format, { storage, now: at("18:12:00"), querier: false });
    const found = await harvest(here.backend, { range: RANGE });
    expect(found.lines.get("traces.json")).toEqual([...expected]);
    const byId = readsById(here).length;
    expect(byId).toBeGreaterThan(50);
    expect(byId).toBeLessThan(250);
  },
);

test("where no querier answers, a trace of which the newest span is in no block yet is kept once and whole", async () => {
  const options = { storage: storageOf("vParquet5"), now: at("18:12:00"), querier: false };
  await using here = answering("vParquet5", options);
  const [old] = truthIn("vParquet5").filter(({ trace }) => trace.length === 1);
  if (old === undefined) throw new Error("the fixture has no such trace");
  const late = span(old.id, "abcdef", at("17:15:00"));
  here.face.add([storedTrace(old.id, [...old.trace, ...traceOf("late", [late])])]);
  const found = await harvest(here.backend, { range: RANGE });
  const lines = (found.lines.get("traces.json") ?? []).filter((line) => line.includes(old.id));
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain("0000000000abcdef");
  expect(found.counts).toMatchObject({ traces: 316, spans: 1511 });
});

test("where no querier answers, a trace that grows once its block is read is written once", async () => {
  const options = { storage: storageOf("vParquet5"), now: at("18:12:00"), querier: false };
  await using here = answering("vParquet5", options);
  const [old] = truthIn("vParquet5").filter(({ trace }) => trace.length === 1);
  if (old === undefined) throw new Error("the fixture has no such trace");
  const windows = (await here.open().export.start({ range: RANGE }, never)).cursors.length - 1;
  const grow = (): void => {
    const late = span(old.id, "abcdef", at("17:15:00"));
    here.face.add([storedTrace(old.id, [...old.trace, ...traceOf("late", [late])])]);
  };
  let steps = 0;
  let blocksAreRead = false;
  // The first block, and what follows from it: that comes last.
  const found = await harvest(here.backend, { range: RANGE }, (waiting) => {
    steps += 1;
    if (waiting > windows && !blocksAreRead) return steps === 1 ? 0 : waiting - 1;
    if (!blocksAreRead) grow();
    blocksAreRead = true;
    return 0;
  });
  expect(blocksAreRead).toBe(true);
  expect((found.lines.get("traces.json") ?? []).filter((line) => line.includes(old.id))).toHaveLength(1);
  expect(found.counts).toMatchObject({ traces: 316 });
});

test("what has just come with old times is read through the API, and added to what blocks have", async () => {
  await using here = answering("vParquet5", { storage: storageOf("vParquet5"), now: LATER + 1n });
  here.face.knobs.blocklistPoll = 300n * SECOND;
  // Whatever is listed: no search asks for more than the server allows.
  here.face.knobs.maxResultLimit = 20;
  const known = truthIn("vParquet5")[0]?.id ?? "";
  const late = [known, "c".repeat(32)];
  const spans = late.map((traceId) => ({
    traceId,
    spanId: "00000000000000ff",
    name: "late",
    startTimeUnixNano: String(at("17:05:00")),
    endTimeUnixNano: String(at("17:05:01")),
  }));
  const pushed = await fetch(`${here.otlpUrl}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] }),
  });
  expect(pushed.status).toBe(200);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.problems).toEqual([]);
  expect(found.counts).toMatchObject({ traces: 317, spans: 1512 });
  const lines = found.lines.get("traces.json") ?? [];
  for (const id of late) expect(lines.filter((line) => line.includes(id))).toHaveLength(1);
  expect(new Set(readsById(here).map((path) => path.slice(-32 - SUFFIX, -SUFFIX)))).toEqual(new Set(late));
});

const SUFFIX = "?span_pruning=false".length;

test("only traces with a span in the range, whole", async () => {
  const range = { from: at("17:05:00"), to: at("17:06:00") };
  await using api = answering("vParquet4");
  const expected = await harvest(api.backend, { range });
  await using here = answering("vParquet4", { storage: storageOf("vParquet4") });
  const found = await harvest(here.backend, { range });
  expect(found.lines).toEqual(expected.lines);
  expect(found.counts).toEqual(expected.counts);
});

test("the storage may be named by its root, its blocks or its tenant's directory", async () => {
  const expected = await throughApi("vParquet5");
  for (const storage of [join(fixtures, "vParquet5"), join(storageOf("vParquet5"), "single-tenant")]) {
    await using here = answering("vParquet5", { storage });
    expect((await harvest(here.backend, { range: RANGE })).lines.get("traces.json")).toEqual([...expected]);
  }
});

test("blocks that hold the same traces twice give each once", async () => {
  const expected = await throughApi("vParquet5");
  const storage = await copied("vParquet5", scratch);
  const block = join(storage, "single-tenant/d4329d7a-e626-488d-a7cf-c0a8fd1453ef");
  const twin = "00000000-e626-488d-a7cf-c0a8fd1453ef";
  await cp(block, join(storage, "single-tenant", twin), { recursive: true });
  const meta = join(storage, "single-tenant", twin, "meta.json");
  await Bun.write(meta, (await Bun.file(meta).text()).replace("d4329d7a-e626-488d-a7cf-c0a8fd1453ef", twin));
  await using here = answering("vParquet5", { storage });
  expect((await harvest(here.backend, { range: RANGE })).lines.get("traces.json")).toEqual([...expected]);
});

test("a block that is compacted in the middle of an export is still read; one that is gone is an error that says so", async () => {
  const expected = await throughApi("vParquet5");
  const storage = await copied("vParquet5", scratch);
  const block = join(storage, "single-tenant/edbcf4a8-6c34-44d2-a9ac-8d6cd337be15");
  await using here = answering("vParquet5", { storage, stepBytes: 200_000 });
  const start = await here.backend.export.start({ range: RANGE }, never);
  await rename(join(block, "meta.json"), join(block, "meta.compacted.json"));
  const lines = await linesOf((cursor) => here.open().export.step(cursor, never), start.cursors);
  expect(lines.sort()).toEqual([...expected].map((line) => line.trim()).sort());

  await rm(block, { recursive: true });
  const [first] = start.cursors;
  if (first === undefined) throw new Error("no cursor names a block");
  const gone = { ...first, block: "edbcf4a8-6c34-44d2-a9ac-8d6cd337be15" };
  const { problems } = await here.open().export.step(gone, never);
  expect(problems).toMatchObject([
    { kind: "incomplete", items: [gone.block], reason: expect.stringContaining("compacted") },
  ]);
});

async function fallsBack(storage: string, reason: string): Promise<void> {
  const expected = await throughApi("vParquet5");
  await using here = answering("vParquet5", { storage });
  const { notes } = await here.backend.export.start({ range: RANGE }, never);
  expect(notes?.read).toContain(reason);
  expect((await harvest(here.backend, { range: RANGE })).lines.get("traces.json")).toEqual([...expected]);
}

test("an unknown format is not guessed at: the API is read, and the reason kept", async () => {
  const storage = await copied("vParquet5", scratch);
  const meta = join(storage, "single-tenant/edbcf4a8-6c34-44d2-a9ac-8d6cd337be15/meta.json");
  await Bun.write(meta, (await Bun.file(meta).text()).replace("vParquet5", "vParquet6"));
  await fallsBack(storage, "has the format vParquet6, which is not known");
});

test("a storage that is not there is not an empty one", async () => {
  await fallsBack(join(scratch, "nowhere"), "there is no directory");
});

test("a selector is for the API", async () => {
  await using here = answering("vParquet5", { storage: storageOf("vParquet5") });
  const found = await harvest(here.backend, { range: RANGE, match: '{ resource.service.name = "shop" }' });
  expect(found.counts.traces).toBeGreaterThan(0);
  expect(readsById(here).length).toBeGreaterThan(0);
});

test("a bucket: the same lines, through S3", async () => {
  const expected = await throughApi("vParquet5");
  await using bucket = serveBucket("traces", join(fixtures, "vParquet5/blocks"), "tempo");
  const storage = "s3://traces/tempo";
  const options = {
    s3Endpoint: bucket.url,
    s3Region: "us-east-1",
    s3AccessKeyId: "key",
    s3SecretAccessKey: "secret",
  };
  await using here = answering("vParquet5");
  const found = await harvest(here.open({ storage, ...options }), { range: RANGE });
  expect(found.lines.get("traces.json")).toEqual([...expected]);
  expect(readsById(here)).toEqual([]);
  bucket.refuse = true;
  const { notes } = await here.open({ storage, ...options }).export.start({ range: RANGE }, never);
  expect(notes?.read).toContain("AccessDenied");
});

test("a file whose spans all end at 0 holds the times at which they begin", () => {
  const column = (name: string, min: bigint, max: bigint) => ({
    meta_data: { path_in_schema: [name], statistics: { min_value: min, max_value: max } },
  });
  const columns = [column("StartTimeUnixNano", 5n, 9n), column("EndTimeUnixNano", 0n, 0n)];
  const metadata = { row_groups: [{ columns }] } as unknown as Parameters<typeof timesOf>[0];
  expect(timesOf(metadata)).toEqual({ from: 5n, to: 9n });
});
