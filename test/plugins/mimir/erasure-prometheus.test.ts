/** One person's series on real Prometheus servers: in memory and in blocks, and what of them is left on the disk. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend, Found } from "../../../src/contract/contract.ts";
import { PROMTOOL, type Prometheus, startPrometheus } from "../../support/prometheus.ts";
import {
  contentOf,
  exportedContent,
  float,
  HOUR_MS,
  harvest,
  labels,
  never,
  openMimir,
  push,
  range,
} from "./support.ts";

setDefaultTimeout(60_000);

const DAY = 86_400_000_000_000n;
const clock = (): bigint => BigInt(Date.now()) * 1_000_000n;
const ADMIN = "--web.enable-admin-api";
const PERSON = "person-4711";
const WHERE = '{customer="{id}"}';

const find = (backend: Backend, id = PERSON): Promise<Found[]> =>
  Array.fromAsync(backend.find?.({ id, where: WHERE }, never) ?? []);

const erase = async (backend: Backend, found: readonly Found[]) =>
  (await backend.erase?.({ id: PERSON, found }, never))?.outcomes ?? [];

const series = (name: string, customer: string, from: number) => ({
  labels: labels(name, { customer }),
  points: Array.from({ length: 40 }, (_, index) => float(from + index * 15_000, index)),
});

const all = (server: Prometheus, from: number) =>
  harvest(openMimir(server.url, { clock }), {
    range: range(from, Date.now() + HOUR_MS),
    match: '{customer!=""}',
  });

describe.each(["newest", "distribution"] as const)("Prometheus, %s", (version) => {
  test("in memory: theirs are gone, and the others are as they were", async () => {
    const server = await startPrometheus({ version, flags: [ADMIN] });
    const start = Math.floor(Date.now() / 1000) * 1000 - 30 * 60_000;
    const theirs = [series("requests", PERSON, start), series("errors", PERSON, start)];
    const others = [series("requests", `${PERSON}0`, start), series("requests", "person_4711", start)];
    await push(`${server.url}/api/v1/write`, [...theirs, ...others]);
    const backend = openMimir(server.url, { clock });
    const found = await find(backend);
    expect(found.map(({ unit, count }) => [unit, count])).toEqual([
      ["series", 1],
      ["series", 1],
    ]);
    expect(await erase(backend, found)).toMatchObject([{ state: "owed" }, { state: "owed" }]);
    expect(await find(backend)).toEqual([]);
    expect(exportedContent(await all(server, start - HOUR_MS))).toEqual(contentOf(others));
    // The write-ahead log has them until it is cut.
    expect(filesWith(server.directory, PERSON)).toEqual(["00000000"]);
    await server.stop();
  });

  test("in blocks: the samples leave the disk at once, and the word that was the label when its block goes", async () => {
    const start = Math.floor(Date.now() / 1000) * 1000 - 3 * 24 * HOUR_MS;
    const theirs = series("requests", PERSON, start);
    const others = [series("requests", "person-9", start)];
    const server = await startPrometheus({
      version,
      flags: [ADMIN],
      fill: (data) => writeBlocks(data, [theirs, ...others]),
    });
    let time = clock();
    const backend = openMimir(server.url, { clock: () => time });
    const found = await find(backend);
    expect(found).toMatchObject([{ count: 1, where: "the metric requests" }]);
    const before = samplesOnDisk(server.directory);
    const [outcome] = await erase(backend, found);
    expect(outcome).toMatchObject({ state: "owed", count: 1 });
    expect(await find(backend)).toEqual([]);
    expect(exportedContent(await all(server, start - HOUR_MS))).toEqual(contentOf(others));
    expect(samplesOnDisk(server.directory)).toBe(before - theirs.points.length);
    expect(outcome?.reason).toContain("The text of the label stays");
    expect(filesWith(server.directory, PERSON)).toEqual(["index"]);
    time = (outcome?.due ?? 0n) + DAY;
    expect(await erase(backend, found)).toEqual([{ state: "erased", count: 1 }]);
    await server.stop();
  });
});

test("without the admin API nothing is deleted, and the flag is named", async () => {
  const server = await startPrometheus();
  const start = Math.floor(Date.now() / 1000) * 1000 - 30 * 60_000;
  await push(`${server.url}/api/v1/write`, [series("requests", PERSON, start)]);
  const backend = openMimir(server.url, { clock });
  const found = await find(backend);
  const [outcome] = await erase(backend, found);
  expect(outcome).toMatchObject({ state: "impossible", count: 1 });
  expect(outcome?.reason).toContain("--web.enable-admin-api");
  expect((await find(backend))[0]?.count).toBe(1);
  await server.stop();
});

function writeBlocks(data: string, given: readonly ReturnType<typeof series>[]): void {
  mkdirSync(data);
  const lines = given.flatMap(({ labels: own, points }) => {
    const { customer } = Object.fromEntries(own);
    return points.map((point, index) => `requests{customer="${customer}"} ${index} ${point.time / 1000}`);
  });
  const text = join(data, "..", "blocks.txt");
  writeFileSync(text, `# TYPE requests gauge\n${lines.join("\n")}\n# EOF\n`);
  const made = Bun.spawnSync([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", text, data]);
  if (made.exitCode !== 0) throw new Error(`promtool made no blocks:\n${made.stderr}`);
}

/** The files below a directory: of blocks, the head and its log. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

/** As the blocks count them. */
const samplesOnDisk = (directory: string): number =>
  filesIn(directory)
    .filter((path) => path.endsWith("meta.json"))
    .reduce((sum, path) => sum + (JSON.parse(readFileSync(path, "utf8")).stats.numSamples ?? 0), 0);

const filesWith = (directory: string, text: string): string[] => [
  ...new Set(
    filesIn(directory)
      .filter((path) => readFileSync(path).includes(text))
      .map((path) => path.split("/").at(-1) ?? ""),
  ),
];
