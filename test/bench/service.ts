/**
 * `bun test/bench/service.ts [--snapshots N] [--lines N]`: the service against its budgets: starting, idle, its overview, a scrape after a change,
 * 50 requests a second, and what these take from an export beside it.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BINARY, measure, median } from "./run.ts";

const { values } = parseArgs({
  options: { snapshots: { type: "string", default: "1000" }, lines: { type: "string", default: "400000" } },
});
const COUNT = Number(values.snapshots);

const row = (what: string, measured: string, budget = ""): void =>
  console.log(`${what.padEnd(34)}${measured.padStart(44)}   ${budget}`);

const MANIFEST = resolve(import.meta.dir, "../fixtures/snapshots/format-1-plain/manifest.json");

/** A snapshot of this hour, as far as its manifest tells. */
function addSnapshot(cwd: string, hour: number): void {
  const at = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  const name = at.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  mkdirSync(join(cwd, "backups", name), { recursive: true });
  copyFileSync(MANIFEST, join(cwd, "backups", name, "manifest.json"));
}

/** Many of them, an hour apart. */
function withSnapshots(cwd: string): string {
  for (let hour = 0; hour < COUNT; hour += 1) addSnapshot(cwd, hour);
  return cwd;
}

interface StartedService {
  readonly pid: number;
  ask(path: string): Promise<Response>;
  stop(): Promise<number>;
}

/** Starts the program's service there, and waits until it says where it listens. */
async function startService(cwd: string): Promise<StartedService> {
  const env = { PATH: process.env.PATH ?? "", HOME: cwd };
  const words = [BINARY, "serve", "--listen", "127.0.0.1:0"];
  const child = Bun.spawn(words, { cwd, env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const { promise, resolve: serves } = Promise.withResolvers<string>();
  void (async () => {
    let said = "";
    // It is read to its end: a log that nobody reads would hold the service.
    for await (const piece of child.stderr) {
      said = (said + new TextDecoder().decode(piece)).slice(-10_000);
      const [found] = /http:\/\/[\d.]+:\d+/.exec(said) ?? [];
      if (found !== undefined) serves(found);
    }
  })();
  const url = await promise;
  const token = readFileSync(join(cwd, ".contextcore/admin-token"), "utf8").trim();
  return {
    pid: child.pid,
    ask: (path) => fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } }),
    stop() {
      child.kill();
      return child.exited;
    },
  };
}

const memoryOf = ({ pid }: StartedService): string =>
  `${(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_000).toFixed(0)} MB`;

/** What the service has computed so far, ms. */
function workOf({ pid }: StartedService): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const read = async (service: StartedService, path: string) => (await service.ask(path)).arrayBuffer();

/** Asks 50 times a second while this holds. @returns the share of a core that this costs */
async function shareWhile(goesOn: () => boolean, service: StartedService, path: string): Promise<number> {
  const [began, before] = [performance.now(), workOf(service)];
  for (let asked = 1; goesOn(); asked += 1) {
    await read(service, path);
    await Bun.sleep(Math.max(0, asked * 20 - (performance.now() - began)));
  }
  return (workOf(service) - before) / (performance.now() - began);
}

function shareAt(service: StartedService, path: string, seconds = 5): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  return shareWhile(() => performance.now() < end, service, path);
}

/** A Loki in a process of its own. */
async function startLoki() {
  const words = [process.execPath, resolve(import.meta.dir, "server.ts"), "--lines", values.lines];
  const child = Bun.spawn(words, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const piece of child.stdout)
    return { url: JSON.parse(new TextDecoder().decode(piece)).loki as string, stop: () => child.kill() };
  throw new Error("the lab did not start");
}

/** How many pairs of exports are compared. */
const PAIRS = 7;

/** An export beside a service that is asked, and beside the same one that is not: in turns, since no machine is the same for long. */
async function besideExport(service: StartedService, path: string): Promise<void> {
  const loki = await startLoki();
  const cwd = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
  const exported = (): Promise<number> => {
    const args = ["export", "-t", "5h", "--plugin", "loki", "-o", join(cwd, "out"), "--json"];
    return measure(args, { cwd, env: { CONTEXTCORE_LOKI_URL: loki.url }, accept: [3] }).then(
      ({ wall }) => wall,
    );
  };
  await exported();
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const alone = await exported();
    let isOver = false;
    const asked = exported().finally(() => {
      isOver = true;
    });
    await shareWhile(() => !isOver, service, path);
    ratios.push((await asked) / alone);
  }
  const all = ratios.toSorted((a, b) => a - b).map((one) => one.toFixed(2));
  row(
    `an export beside ${path} at 50/s`,
    `${((median(ratios) - 1) * 100).toFixed(0)} % longer (${all.join(" ")})`,
    "5 %",
  );
  loki.stop();
  rmSync(cwd, { recursive: true });
}

const cwd = withSnapshots(mkdtempSync(join(tmpdir(), "contextcore-bench-")));
const off = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
writeFileSync(join(cwd, "contextcore.yaml"), `name: shop\nbackends:\n${off.join("")}`);
let service = await startService(cwd);
row(
  `overview of ${COUNT} snapshots, first`,
  `${(await timed(() => read(service, "/api/v1/snapshots"))).toFixed(0)} ms`,
);
const starts: number[] = [];
const ends: number[] = [];
for (let run = 0; run < 5; run += 1) {
  ends.push(await timed(() => service.stop()));
  const began = performance.now();
  service = await startService(cwd);
  await read(service, "/api/ready");
  starts.push(performance.now() - began);
}
row("start to ready", `${median(starts).toFixed(0)} ms`, "300 ms");
row("shutdown, idle", `${median(ends).toFixed(0)} ms`, "1 s");
await Bun.sleep(2_000); // what starting took is given back
row("idle", memoryOf(service), "80 MB");
row(
  "overview, after a start",
  `${(await timed(() => read(service, "/api/v1/snapshots"))).toFixed(0)} ms`,
  "50 ms",
);
for (const path of ["/api/v1/snapshots", "/api/v1/audit?limit=50", "/metrics", "/api/health"]) {
  const times: number[] = [];
  for (let run = 0; run < 11; run += 1) times.push(await timed(() => read(service, path)));
  const share = await shareAt(service, path);
  row(path, `${median(times).toFixed(1)} ms, ${(share * 100).toFixed(0)} % of a core at 50/s`, "50 ms, 5 %");
}
row("after that", memoryOf(service));
for (const [what, wait] of [
  ["/metrics right after a change", 0],
  ["/metrics two seconds after one", 2_000],
] as const) {
  const times: number[] = [];
  for (let run = 0; run < 5; run += 1) {
    addSnapshot(cwd, COUNT + times.length + wait);
    await Bun.sleep(wait);
    times.push(await timed(() => read(service, "/metrics")));
    await Bun.sleep(500);
  }
  row(what, `${median(times).toFixed(0)} ms`, wait === 0 ? "" : "100 ms");
}
await Bun.sleep(3_000);
row("settled", memoryOf(service), "80 MB");
for (const path of ["/metrics", "/api/v1/snapshots"]) await besideExport(service, path);
await service.stop();
rmSync(cwd, { recursive: true });
