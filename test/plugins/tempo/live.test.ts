/**
 * What the live stores hold beside the blocks of a storage: only what no block has is read by id, and nothing is lost to a
 * flush, to a compaction, or to an export that goes on in another process.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { createStorage } from "../../../plugins/tempo/storage/storage.ts";
import type { BlockMeta, BlockStore } from "../../../plugins/tempo/storage/store.ts";
import { type Cursor, lineRecords } from "../../../src/contract/contract.ts";
import { fromOtlpJson } from "../../../src/otlp/from-json.ts";
import { toProtobuf } from "../../lab/tempo/encode.ts";
import type { Span, Trace } from "../../lab/tempo/model.ts";
import { storedTrace } from "../../lab/tempo/store.ts";
import { documents, harvest, never, SECOND, type Stage, span, stage, traceOf } from "./support.ts";

const FIXTURE = join(import.meta.dir, "../../fixtures/tempo/vParquet5");
const BLOCKS = join(FIXTURE, "blocks/single-tenant");
const ONE_BLOCK = "d4329d7a-e626-488d-a7cf-c0a8fd1453ef";

const at = (time: string): bigint => BigInt(Date.parse(`2026-11-20T${time}Z`)) * 1_000_000n;
/** The traces of the blocks lie between 17:02 and 17:17. */
const RANGE = { from: at("17:00:00"), to: at("17:20:00") };
/** Everything is new still. */
const NOW = at("17:21:40");

let traces: { id: string; trace: Trace }[] = [];
let scratch = "";
beforeAll(async () => {
  const zipped = await Bun.file(join(FIXTURE, "truth.jsonl.gz")).bytes();
  const lines = new TextDecoder().decode(Bun.gunzipSync(zipped)).trim().split("\n");
  traces = lines.map((line) => {
    const { traceID, trace } = v.parse(
      v.object({ traceID: v.string(), trace: v.unknown() }),
      JSON.parse(line, (key, value: unknown) =>
        /^(traceId|spanId|parentSpanId)$/.test(key)
          ? Buffer.from(String(value), "base64").toString("hex")
          : value,
      ),
    );
    return { id: traceID, trace: fromOtlpJson(trace) };
  });
  scratch = await mkdtemp(join(tmpdir(), "contextcore-live-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** A Tempo whose blocks are in a directory, and whose API knows the same traces. */
function newest(storage = BLOCKS, now = () => NOW) {
  const here = stage({ now, options: { storage } });
  here.face.add(traces.map(({ id, trace }) => storedTrace(id, trace)));
  return here;
}

async function push({ otlpUrl }: Stage, trace: Trace): Promise<void> {
  const answer = await fetch(`${otlpUrl}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: new Uint8Array(toProtobuf(trace)),
  });
  expect(answer.status).toBe(200);
}

const readById = ({ asked }: Stage): string[] =>
  asked.flatMap((path) => /\/traces\/([0-9a-f]{32})/.exec(path)?.[1] ?? []);

const linesOf = (lines: readonly string[], id: string): string[] => lines.filter((line) => line.includes(id));

/** A trace of the blocks with a few spans. */
function someTrace(): { id: string; trace: Trace } {
  const found = traces.find(({ trace }) => trace.length === 1);
  if (found === undefined) throw new Error("the fixture has no such trace");
  return found;
}

const EXTRA = "0000000000abcdef";

test("traces that the live stores still hold are not read by id when blocks have all of them", async () => {
  await using api = stage({ now: () => NOW });
  api.face.add(traces.map(({ id, trace }) => storedTrace(id, trace)));
  const expected = await harvest(api.backend, { range: RANGE });
  await using here = newest();
  for (const { trace } of traces) await push(here, trace);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.lines).toEqual(expected.lines);
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 });
  expect(found.problems).toEqual([]);
  expect(readById(here)).toEqual([]);
});

test.each([
  ["begins last", { start: at("17:16:30") }],
  ["came minutes late", { start: at("17:04:00") }],
  ["lies before the range", { start: at("16:00:00") }],
  ["has the id of another one, and another kind", { kind: 2, spanId: "0000000000000100" }],
] as [string, Partial<Span>][])("a span that only the live stores have is saved: it %s", async (_, own) => {
  await using here = newest();
  const { id, trace } = someTrace();
  const start = own.start ?? at("17:10:00");
  await push(here, trace);
  await push(here, traceOf("bulk", [span(id, EXTRA, start, { end: start + SECOND, name: "extra", ...own })]));
  const found = await harvest(here.backend, { range: RANGE });
  const lines = linesOf(found.lines.get("traces.json") ?? [], id);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.match(/"name":"extra"/g)).toHaveLength(1);
  expect(found.counts).toMatchObject({ traces: 316, spans: 1511 });
  expect(found.problems).toEqual([]);
  expect(readById(here)).toEqual([id]);
});

test("a trace that is in no block is saved, and those before and after the range are not read", async () => {
  await using here = newest();
  const [fresh, later, earlier] = ["e".repeat(32), "f".repeat(32), "d".repeat(32)];
  await push(here, traceOf("new", [span(fresh, "1", at("17:19:00")), span(fresh, "2", at("17:19:01"))]));
  await push(here, traceOf("new", [span(later, "1", at("17:20:30"))]));
  await push(here, traceOf("new", [span(earlier, "1", at("16:50:00"))]));
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 317, spans: 1512 });
  expect(readById(here)).toEqual([fresh]);
});

test("of a piece with very many spans no list is asked for: its trace is read by id", async () => {
  await using here = newest();
  const { id, trace } = someTrace();
  const spans = Array.from({ length: 130 }, (_, index) => span(id, `f${index}`, at("17:18:00")));
  await push(here, traceOf("bulk", spans));
  await push(here, trace);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 + 130 });
  expect(readById(here)).toEqual([id]);
});

test("a trace that Tempo does not give by id keeps what blocks have of it, is named, and costs no other", async () => {
  await using here = newest();
  const { id } = someTrace();
  await push(here, traceOf("bulk", [span(id, EXTRA, at("17:10:00"))]));
  here.face.knobs.unreadable.add(id);
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 });
  expect(found.problems).toMatchObject([
    {
      kind: "incomplete",
      items: [id],
      reason: expect.stringMatching(/only a part .* failed to read parquet page/),
    },
  ]);
});

test("a trace of which fewer spans are listed than counted is read by id", async () => {
  await using here = newest();
  const { id, trace } = someTrace();
  await push(here, trace);
  const { handle } = here.face;
  Object.assign(here.face, {
    async handle(request: Request) {
      if (!isAboutSpans(request)) return handle(request);
      const answer = await (await handle(request)).bytes();
      // One more span of the service, in no set.
      return protobuf(answer.map((byte, index) => (endsWithOne(answer, index) ? 2 : byte)));
    },
  });
  await harvest(here.backend, { range: RANGE });
  expect(readById(here)).toEqual([id]);
});

/** Where a service has one span and no error. */
const endsWithOne = (bytes: Uint8Array, index: number): boolean =>
  bytes[index] === 1 && bytes[index - 1] === 8 && index >= bytes.length - 3;

test("what is flushed and leaves the live stores while an export begins is not lost", async () => {
  const directory = await mkdtemp(join(scratch, "flushed-"));
  const [storage, unflushed] = [join(directory, "blocks"), join(directory, "unflushed")];
  await cp(BLOCKS, storage, { recursive: true });
  await rename(join(storage, ONE_BLOCK), unflushed);
  await using here = newest(storage);
  const { handle } = here.face;
  let questions = 0;
  Object.assign(here.face, {
    async handle(request: Request) {
      // At this moment the last blocks leave the live stores.
      if (isAboutSpans(request) && ++questions === 1) {
        here.face.knobs.liveStoreKeeps = 0n;
        await rename(unflushed, join(storage, ONE_BLOCK));
      }
      return handle(request);
    },
  });
  for (const { trace } of traces) await push(here, trace);
  const found = await harvest(here.backend, { range: RANGE });
  expect(questions).toBeGreaterThan(0);
  expect(found.counts).toMatchObject({ traces: 316, spans: 1510 });
});

/** Whether everything is asked for, whatever its times. */
const isAboutSpans = ({ url }: Request): boolean => new URL(url).searchParams.get("start") === "0";

test("an export that other processes carry on asks again, and keeps what came meanwhile", async () => {
  await using here = newest();
  const { id, trace } = someTrace();
  await push(here, trace);
  const extra = span(id, EXTRA, at("17:16:30"), { name: "extra" });
  await push(here, traceOf("late", [extra]));
  const start = await here.backend.export.start({ range: RANGE }, never);
  const lines: string[] = [];
  const waiting: Cursor[] = [...start.cursors];
  for (let cursor = waiting.pop(); cursor !== undefined; cursor = waiting.pop()) {
    const { next = [], ...step } = await here.open().export.step(cursor, never);
    for (const { text } of lineRecords(step)) lines.push(...Buffer.from(text).toString().trim().split("\n"));
    waiting.push(...next);
  }
  expect(lines).toHaveLength(316);
  expect(linesOf(lines, id)).toHaveLength(1);
  expect(linesOf(lines, id)[0]).toContain(EXTRA);
});

test.each([
  ["no querier answers", () => new Response("404 page not found\n", { status: 404 })],
  ["it does not understand the question", () => new Response("parse error", { status: 400 })],
  ["it fails at the question", () => new Response("unexpected", { status: 500 })],
  ["its answer is not of this form", () => Response.json({ traces: [] })],
  ["its answer is cut", () => protobuf([0x0a, 0x7f, 0x01])],
])("where %s, what is new is searched for and read by id", async (_, answer) => {
  await using here = newest();
  const { handle } = here.face;
  Object.assign(here.face, {
    handle: async (request: Request) => (isAboutSpans(request) ? answer() : handle(request)),
  });
  const { id } = someTrace();
  await push(here, traceOf("late", [span(id, EXTRA, at("17:16:30"))]));
  const found = await harvest(here.backend, { range: RANGE });
  expect(found.counts).toMatchObject({ traces: 316, spans: 1511 });
  expect(new Set(documents(found).map((one) => JSON.stringify(one))).size).toBe(316);
  expect(readById(here).length).toBeGreaterThan(250);
});

const protobuf = (bytes: ArrayLike<number>): Response =>
  new Response(Uint8Array.from(bytes), { headers: { "content-type": "application/protobuf" } });

test("blocks that are compacted while they are listed are listed again", async () => {
  const meta = (blockID: string): BlockMeta => ({
    format: "vParquet5",
    blockID,
    totalObjects: 0,
    size: 0,
    footerSize: 0,
    dedicatedColumns: [],
  });
  // The names were read before the new block was there, the files after the old ones had been replaced.
  const lists = [[], [meta("new")], [meta("new")]];
  const store: BlockStore = {
    place: "here",
    blocks: async () => lists.shift() ?? [],
    known: async () => [],
    open: () => Promise.reject(new Error("not asked for")),
  };
  expect(await createStorage(store).list(never)).toEqual([meta("new")]);
});
