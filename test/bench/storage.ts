/**
 * `bun test/bench/storage.ts DIRECTORY [--from TIME]`: the export of Tempo's blocks from its storage, beside the budgets of
 * DESIGN §9. The directory is a real server's storage, or a copy of it: what decides memory and speed is how large its row
 * groups and their dictionaries are, which the blocks in test/fixtures do not show. An empty lab answers as its API.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { startLab } from "../lab/lab.ts";
import { type Measured, measure } from "./run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { from: { type: "string", default: "1972-01-01" } },
});
const [storage] = positionals;
if (storage === undefined) throw new Error("name the directory of Tempo's blocks");

const exported = v.object({
  backends: v.array(v.object({ counts: v.record(v.string(), v.number()), bytes: v.number() })),
});

const row = (what: string, measured: string, budget: string): void =>
  console.log(`${what.padEnd(34)}${measured.padStart(44)}   ${budget}`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function show(run: Measured): void {
  const [{ counts = {}, bytes = 0 } = {}] = v.parse(exported, JSON.parse(run.stdout)).backends;
  const spans = counts.spans ?? 0;
  if (spans === 0) throw new Error(`there is no span in ${storage}, or none that old`);
  const rate = `${Math.round(spans / run.wall).toLocaleString("en")} spans/s`;
  const each = `${((run.cpu / spans) * 1e6).toFixed(2)} µs CPU each`;
  row(`export ${spans.toLocaleString("en")} spans of blocks`, `${rate}, ${each}`, "20,000/s of CPU (50 µs)");
  row("", `${megabytes(run.memory)} resident, ${megabytes(bytes)} in ${run.wall.toFixed(1)} s`, "150 MB");
}

const lab = await startLab({ empty: true });
const directory = await mkdtemp(join(tmpdir(), "contextcore-bench-"));
try {
  const env = { CONTEXTCORE_TEMPO_URL: lab.urls.tempo, CONTEXTCORE_TEMPO_STORAGE: resolve(storage) };
  const args = ["export", "--from", values.from, "--plugin", "tempo", "-o", join(directory, "out"), "--json"];
  show(await measure(args, { cwd: directory, env, accept: [3] }));
} finally {
  await lab.stop();
  await rm(directory, { recursive: true, force: true });
}
