/** Blocks that are damaged, in a page, in a row group or as a whole: everything else is saved, and what is missing is named. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { cp, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync } from "hyparquet";
import tempo from "../../../plugins/tempo/index.ts";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportSnapshot } from "../../../src/export/export-snapshot.ts";
import { FAST, jobOf, scratch } from "../../export/run.ts";
import { random } from "../../lab/random.ts";
import { answering, copied, LATER, RANGE, storageOf, throughApi, truthIn } from "./stored.ts";
import { at, harvest, SECOND } from "./support.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const FORMAT = "vParquet5";
const LARGE = "single-tenant/d4329d7a-e626-488d-a7cf-c0a8fd1453ef";
const OTHER = "single-tenant/edbcf4a8-6c34-44d2-a9ac-8d6cd337be15";

const dataOf = (storage: string, block = LARGE): string => join(storage, block, "data.parquet");

type Chunk = FileMetaData["row_groups"][number]["columns"][number];

const chunksOf = async (file: string): Promise<readonly Chunk[]> =>
  (await parquetMetadataAsync(await asyncBufferFromFile(file))).row_groups[0]?.columns ?? [];

/** Where the last page of a column ends. */
function endOf({ meta_data }: Chunk): number {
  const {
    dictionary_page_offset: first,
    data_page_offset: from = 0n,
    total_compressed_size: size = 0n,
  } = meta_data ?? {};
  return Number((first ?? from) + size);
}

/** Where the last page of all columns ends: the indexes and the description follow. */
const pagesEnd = async (file: string): Promise<number> => Math.max(...(await chunksOf(file)).map(endOf));

/** Changes one bit of the last byte of a column. */
async function damage(storage: string, column: string, block = LARGE): Promise<void> {
  const file = dataOf(storage, block);
  const chunks = await chunksOf(file);
  const chunk = chunks.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === column);
  if (chunk === undefined) throw new Error(`there is no column ${column}`);
  const last = endOf(chunk) - 1;
  const bytes = await Bun.file(file).bytes();
  bytes[last] = (bytes[last] ?? 0) ^ 0x10;
  await Bun.write(file, bytes);
}

/** Exports with the engine, which splits what fails. */
async function exported(here: ReturnType<typeof answering>, directory: string) {
  const plugin = { name: "tempo", about: "the plugin", options: tempo.options };
  // Without counts: they wait for a list of blocks, and the lab's clock stands still.
  const { count: _, ...backend } = here.backend;
  const open = { name: "tempo", plugin, backend, clock: () => LATER };
  const { manifest, path } = await exportSnapshot(
    jobOf(directory, [open], {
      backends: [{ open, request: { range: RANGE } }],
      tuning: { ...FAST, recounts: 0, retry: { ...DEFAULT_RETRY, attempts: 2, baseMs: 1, capMs: 1 } },
    }),
  );
  const lines = readFileSync(join(path, "traces.json"), "utf8").trim().split("\n");
  return { claims: manifest.plugins[0], lines };
}

const NAME = "rs.ss.Spans.Name";
const byId = (here: { asked: readonly string[] }): number =>
  here.asked.filter((path) => path.includes("/traces/")).length;

/** What is said of the data: the lab's blocks are older than its clock, which is said, too. */
const problemsOf = (claims: Claims) =>
  (claims?.problems ?? []).filter(({ reason }) => !reason.includes("clock"));

/** The ids of lines that are not among the right ones. */
const idsOfOthers = (lines: readonly string[], right: readonly string[]): string[] => {
  const known = new Set(right.map((line) => line.trim()));
  return idsIn(lines.filter((line) => !known.has(line.trim())));
};

/** The ids of the traces that these lines are of. */
const idsIn = (lines: readonly string[]): string[] =>
  lines.map((line) => /"traceId":"([0-9a-f]{32})"/.exec(line)?.[1] ?? "").sort();

type Claims = Awaited<ReturnType<typeof exported>>["claims"];

/** A copy in which every row of the first block is damaged. */
async function withDamage(under: string): Promise<string> {
  const storage = await copied(FORMAT, under);
  await damage(storage, NAME);
  return storage;
}

/** The traces that the API is asked for when these blocks are exported. */
async function askedById(storage: string): Promise<string[]> {
  await using here = answering(FORMAT, { storage });
  await harvest(here.backend, { range: RANGE });
  return here.asked.flatMap((path) => /traces\/([0-9a-f]{32})/.exec(path)?.[1] ?? []).sort();
}

test("traces of damaged rows are read by id, all others from their blocks", async () => {
  using dir = scratch();
  const storage = await withDamage(dir.path);
  await using here = answering(FORMAT, { storage, stepBytes: 200_000 });
  const { claims, lines } = await exported(here, dir.path);
  expect(idsOfOthers(lines, await throughApi(FORMAT))).toEqual([]);
  expect(lines.length).toBe(316);
  expect(problemsOf(claims)).toEqual([]);
  expect(JSON.stringify(claims?.notes)).toContain("checksum");
  expect(byId(here)).toBeGreaterThan(100);
  expect(byId(here)).toBeLessThan(200);
});

test("of damaged rows, what the server gives neither is named, trace by trace", async () => {
  using dir = scratch();
  const storage = await withDamage(dir.path);
  const damaged = await askedById(storage);
  await using here = answering(FORMAT, { storage });
  const bad = [damaged[3] ?? "", damaged[70] ?? ""];
  for (const id of bad) here.face.knobs.unreadable.add(id);
  const { claims, lines } = await exported(here, dir.path);
  expect(claims?.status).toBe("partial");
  expect(
    problemsOf(claims)
      .flatMap(({ items }) => items ?? [])
      .sort(),
  ).toEqual(bad.map((id) => `trace ${id}`));
  const all = truthIn(FORMAT).map(({ id }) => id);
  expect(idsIn(lines)).toEqual(all.filter((id) => !bad.includes(id)).sort());
});

test("a trace of which another block's part is damaged is completed by id, or kept as far as it is there and named", async () => {
  using dir = scratch();
  const storage = await copied(FORMAT, dir.path);
  const torn = await askedById(await withDamage(dir.path));
  const twin = "single-tenant/ffffffff-e626-488d-a7cf-c0a8fd1453ef";
  await cp(join(storage, LARGE), join(storage, twin), { recursive: true });
  const meta = join(storage, twin, "meta.json");
  await Bun.write(meta, (await Bun.file(meta).text()).replaceAll(LARGE.slice(14), twin.slice(14)));
  await damage(storage, NAME, twin);
  await using here = answering(FORMAT, { storage });
  const bad = torn[70] ?? "";
  here.face.knobs.unreadable.add(bad);
  const { claims, lines } = await exported(here, dir.path);
  expect(new Set(idsIn(lines)).size).toBe(316);
  expect(problemsOf(claims).flatMap(({ items }) => items ?? [])).toEqual([bad]);
});

test("a trace that is refused by id keeps what blocks have of it, and one that is in no block is named", async () => {
  using dir = scratch();
  await using here = answering(FORMAT, { storage: storageOf(FORMAT), now: LATER + 1n });
  here.face.knobs.blocklistPoll = 300n * SECOND;
  const [known = "", fresh, ...taken] = [truthIn(FORMAT)[0]?.id ?? "", "c".repeat(32), "d".repeat(32)];
  await pushLate(here.otlpUrl, [known, fresh, ...taken]);
  for (const id of [known, fresh]) here.face.knobs.unreadable.add(id);
  const { claims, lines } = await exported(here, dir.path);
  expect(
    problemsOf(claims)
      .flatMap(({ items }) => items)
      .sort(),
  ).toEqual([known, `trace ${fresh}`]);
  expect(idsIn(lines)).toEqual([...truthIn(FORMAT).map(({ id }) => id), ...taken].sort());
  const late = lines.filter((line) => line.includes("00000000facade01"));
  expect(idsIn(late)).toEqual(taken);
});

/** Pushes one more span of each trace. */
async function pushLate(url: string, ids: readonly string[]): Promise<void> {
  const spans = ids.map((traceId) => ({
    traceId,
    spanId: "00000000facade01",
    name: "late",
    startTimeUnixNano: String(at("17:05:00")),
    endTimeUnixNano: String(at("17:05:01")),
  }));
  const pushed = await fetch(`${url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] }),
  });
  expect(pushed.status).toBe(200);
}

test("a block without its data is named, and the other blocks are read", async () => {
  using dir = scratch();
  const storage = await copied(FORMAT, dir.path);
  await rm(dataOf(storage, OTHER));
  await using here = answering(FORMAT, { storage });
  const { claims, lines } = await exported(here, dir.path);
  expect(problemsOf(claims)).toMatchObject([{ reason: expect.stringContaining("is missing") }]);
  expect(lines.length).toBeGreaterThan(100);
});

test("a block that cannot be opened is named, and the other blocks are read", async () => {
  using dir = scratch();
  for (const length of [0, 10, 5_000, 96_256]) {
    const storage = await copied(FORMAT, dir.path);
    await truncate(dataOf(storage, OTHER), length);
    await using here = answering(FORMAT, { storage });
    const { claims, lines } = await exported(here, dir.path);
    expect(claims?.status).toBe("partial");
    expect(problemsOf(claims)).toMatchObject([
      { kind: "incomplete", reason: expect.stringContaining(OTHER.slice(14)) },
    ]);
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.length).toBeLessThan(316);
  }
});

test("whichever bit of a page is changed, no line is another one, and what is missing is named", async () => {
  const expected = await throughApi(FORMAT);
  using dir = scratch();
  const storage = await copied(FORMAT, dir.path);
  const whole = await Bun.file(dataOf(storage)).bytes();
  const end = await pagesEnd(dataOf(storage));
  const next = random(7);
  for (let round = 0; round < 25; round++) {
    const bytes = whole.slice();
    const at = Math.floor(next() * end);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(next() * 8));
    await Bun.write(dataOf(storage), bytes);
    await using here = answering(FORMAT, { storage });
    const found = await harvest(here.backend, { range: RANGE });
    const lines = found.lines.get("traces.json") ?? [];
    const isNamed = found.problems.some(({ reason }) => reason.includes("cannot be read"));
    if (isNamed) expect(lines.length).toBeGreaterThan(150);
    else
      expect({ at, other: idsOfOthers(lines, expected), lines: lines.length }).toEqual({
        at,
        other: [],
        lines: 316,
      });
  }
}, 60_000);
