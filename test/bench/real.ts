/**
 * `make bench-real LOKI=URL TEMPO=URL [TEMPO_STORAGE=PLACE] PROMETHEUS=URL [SINCE=3h] [ROUNDS=3]`: exports from real servers
 * beside what people use instead, in turns, so that both meet the same machine. What the server itself spends is read from its
 * `/metrics`. The export of one minute costs what every export does, waits that were asked for included.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Measured, measure, median } from "./run.ts";

/** What was said on make's command line is in its environment. */
const { LOKI, TEMPO, TEMPO_STORAGE, PROMETHEUS, SINCE = "3h", ROUNDS = "3" } = process.env;

const directory = await mkdtemp(join(tmpdir(), "contextcore-bench-"));
const end = new Date(Date.now() - 120_000);
const hours = Number(/^(\d+)h$/.exec(SINCE)?.[1] ?? Number.NaN);
if (!(hours > 0)) throw new Error(`SINCE=${SINCE}: whole hours, such as 3h`);
const start = new Date(end.getTime() - hours * 3_600_000);
const range = ["--from", start.toISOString(), "--to", end.toISOString()];

/** One run, and what the server spent meanwhile, s; NaN where it does not say. */
interface Run extends Measured {
  readonly server: number;
}

/** A way to get the data. */
interface Contender {
  readonly name: string;
  run(): Promise<Measured>;
}

async function serverCpu(url: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`).catch(() => undefined);
  const text = answer?.ok ? await answer.text() : "";
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
}

async function timed(url: string, { run }: Contender): Promise<Run> {
  const before = await serverCpu(url);
  const measured = await run();
  return { ...measured, server: (await serverCpu(url)) - before };
}

/** What a contender took, and what the server spent on it. Medians, s */
interface Took {
  readonly wall: number;
  readonly server: number;
}

/** Each contender once a round. */
async function inTurns(url: string, contenders: readonly Contender[]): Promise<Took[]> {
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(ROUNDS); round += 1)
    for (const one of contenders) runs.get(one.name)?.push(await timed(url, one));
  const took = [...runs.values()].map((all) => ({
    wall: middle(all, ({ wall }) => wall),
    server: middle(all, ({ server }) => server),
  }));
  for (const [name, all] of runs) print(name, all, took[0]?.wall ?? Number.NaN);
  return took;
}

const middle = (runs: readonly Run[], of: (run: Run) => number): number => median(runs.map(of));

function print(name: string, runs: readonly Run[], ours: number): void {
  const wall = middle(runs, (one) => one.wall);
  console.log(
    [
      name.padEnd(34),
      `${wall.toFixed(2)} s`.padStart(9),
      `${(wall / ours).toFixed(2)} ×`.padStart(8),
      `${middle(runs, (one) => one.cpu).toFixed(2)} s CPU`.padStart(11),
      `${middle(runs, (one) => one.server).toFixed(2)} s of the server's`.padStart(22),
      `${(middle(runs, (one) => one.memory) / 1e6).toFixed(0)} MB`.padStart(8),
    ].join("  "),
  );
}

/** Our own export of one backend, with the recount that it has by default. */
function ours(
  plugin: string,
  url: string,
  times: readonly string[] = range,
  more: Readonly<Record<string, string>> = {},
): Contender & { path: string } {
  const env = {
    [`CONTEXTCORE_${plugin.toUpperCase()}_URL`]: url,
    CONTEXTCORE_EXPORT_RECOUNT: "5s",
    ...more,
  };
  const args = ["export", ...times, "--plugin", plugin, "-o", join(directory, plugin), "--json"];
  const contender = {
    name: `contextcore export --plugin ${plugin}`,
    path: "",
    async run() {
      const measured = await measure(args, { cwd: directory, env, accept: [3] });
      contender.path = JSON.parse(measured.stdout).snapshot.path;
      return measured;
    },
  };
  return contender;
}

/** Another program, found on the PATH. */
function theirs(name: string, program: string, args: readonly string[]): Contender[] {
  const path = Bun.which(program);
  if (path !== null) return [{ name, run: () => measure(args, { cwd: directory, program: path }) }];
  console.log(`${name}: ${program} is not on the PATH, so nothing stands beside ours`);
  return [];
}

/** What an export costs beside its data: a minute that is empty, or nearly. */
const nothing = (plugin: string, url: string): Contender => {
  const [from, to] = [new Date(start.getTime() - 60_000), start].map((time) => time.toISOString());
  return { ...ours(plugin, url, ["--from", from ?? "", "--to", to ?? ""]), name: `one minute, ${plugin}` };
};

async function benchLoki(url: string): Promise<void> {
  await inTurns(url, [nothing("loki", url)]);
  const parts = [
    "--parallel-duration=15m",
    "--parallel-max-workers=4",
    "--part-path-prefix=part",
    "--merge-parts",
  ];
  const times = [`--from=${start.toISOString()}`, `--to=${end.toISOString()}`];
  const args = [`--addr=${url}`, "query", '{service_name=~".+"}', ...times, "--limit=0", "--batch=5000"];
  await inTurns(url, [
    ours("loki", url),
    ...theirs("logcli in parts", "logcli", [...args, "--quiet", "--output=raw", "--forward", ...parts]),
  ]);
}

async function benchTempo(url: string): Promise<void> {
  const [fixed = NONE] = await inTurns(url, [nothing("tempo", url)]);
  const byApi = ours("tempo", url);
  const loop = resolve(import.meta.dir, "by-id.ts");
  const byId: Contender = {
    name: "a bare loop over the same ids",
    run: () =>
      measure([loop, url, join(byApi.path, "traces.json")], { cwd: directory, program: process.execPath }),
  };
  const env = { CONTEXTCORE_TEMPO_STORAGE: TEMPO_STORAGE ?? "" };
  const stored = { ...ours("tempo", url, range, env), name: "contextcore export from its storage" };
  const contenders = [byApi, byId, ...(TEMPO_STORAGE === undefined ? [] : [stored])];
  const [api = NONE, bare = NONE] = await inTurns(url, contenders);
  const times = (of: (took: Took) => number): string => ((of(api) - of(fixed)) / of(bare)).toFixed(2);
  console.log(
    `by API beyond its fixed cost, beside the bare loop: ${times(({ wall }) => wall)} × the time, ${times(({ server }) => server)} × the server's CPU`,
  );
}

const NONE: Took = { wall: Number.NaN, server: Number.NaN };

async function benchPrometheus(url: string): Promise<void> {
  await inTurns(url, [nothing("mimir", url)]);
  const query = `{__name__=~".+"}[${hours}h]`;
  const form = ["--data-urlencode", `query=${query}`, "--data-urlencode", `time=${end.toISOString()}`];
  const args = ["-fsS", "-o", "curl.json", ...form, `${url}/api/v1/query`];
  const decode = [resolve(import.meta.dir, "raw-range.ts"), url, query, end.toISOString(), "decoded.json"];
  const decoded: Contender = {
    name: "the raw range, decoded and written",
    run: () => measure(decode, { cwd: directory, program: process.execPath }),
  };
  // What has settled need not be counted twice, which is a wait that was asked for.
  const settled = { CONTEXTCORE_EXPORT_RECOUNT: "0s" };
  await inTurns(url, [
    ours("mimir", url, range, settled),
    decoded,
    ...theirs("curl of the raw range", "curl", args),
  ]);
}

try {
  if (LOKI !== undefined) await benchLoki(LOKI);
  if (TEMPO !== undefined) await benchTempo(TEMPO);
  if (PROMETHEUS !== undefined) await benchPrometheus(PROMETHEUS);
  if ((LOKI ?? TEMPO ?? PROMETHEUS) === undefined)
    console.log("make bench-real LOKI=URL TEMPO=URL PROMETHEUS=URL [SINCE=3h] [ROUNDS=3]");
} finally {
  for (const name of await readdir(directory))
    await rm(join(directory, name), { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}
