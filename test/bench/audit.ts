/** `bun test/bench/audit.ts [--events N]`: the trail against its budgets in DESIGN §9. */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { GENESIS, seal } from "../../src/audit/format/chain.ts";
import { linesForward } from "../../src/audit/journal/forward.ts";
import { openHome } from "../../src/audit/journal/home.ts";
import { openTrail } from "../../src/audit/trail.ts";
import { verifyTrail } from "../../src/audit/verify/verify.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    verify: { type: "string" },
    home: { type: "string" },
  },
});
const COUNT = Number(values.events);
const directory = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
const EVENT = { operation: "export", outcome: "success", details: { backup: "yes", bytes: 1234 } } as const;

const row = (what: string, measured: string, budget: string): void =>
  console.log(`${what.padEnd(34)}${measured.padStart(44)}   ${budget}`);

async function time(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const open = (file: string) =>
  openTrail({ file, home: join(directory, "home"), project: "shop", sinks: [], onWarning: console.error });

/** How often this disk can be made to keep some bytes: once, and in two files one after the other. */
async function disk(files: number): Promise<number> {
  const handles = Array.from({ length: files }, (_, index) =>
    openSync(join(directory, `disk-${index}`), "a"),
  );
  const line = `${"x".repeat(400)}\n`;
  const rounds = 500;
  const ms = await time(() => {
    for (let round = 0; round < rounds; round += 1) {
      for (const handle of handles) {
        writeSync(handle, line);
        fdatasyncSync(handle);
      }
    }
  });
  for (const handle of handles) closeSync(handle);
  return (rounds / ms) * 1000;
}

async function benchAppend(): Promise<void> {
  const trail = open(join(directory, "append/.contextcore/audit.jsonl"));
  const rounds = 500;
  await trail.append(EVENT);
  const ms = await time(async () => {
    for (let round = 0; round < rounds; round += 1) await trail.append(EVENT);
  });
  await trail.close();
  const [one, two] = [await disk(1), await disk(2)];
  const rates = `${((rounds / ms) * 1000).toFixed(0)}/s (disk: ${two.toFixed(0)} in two files, ${one.toFixed(0)} in one)`;
  row("append, trail and home copy", rates, "disk's fsync rate");
}

/** A million events as a busy year leaves them, written without waiting for the disk. */
function writeMany(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, "w");
  let previous = GENESIS;
  const start = Date.parse("2026-01-01T00:00:00Z");
  for (let from = 1; from <= COUNT; from += 10_000) {
    let text = "";
    for (let seq = from; seq < from + 10_000 && seq <= COUNT; seq += 1) {
      const { event, line } = seal({
        id: Bun.randomUUIDv7("hex", start + seq * 1000),
        seq,
        timestamp: new Date(start + seq * 1000).toISOString(),
        operation: seq % 100 === 0 ? "destroy" : "export",
        outcome: "success",
        user: "ada",
        host: "build-7",
        project: "shop",
        details: { backup: "yes", bytes: 123_456, counts: { entries: 1200, streams: 3 } },
        data_affected: ["loki:logs", "tempo:traces"],
        export_path: "backups/20260124-143000",
        prev_hash: previous,
      });
      previous = event.hash;
      text += `${line}\n`;
    }
    writeSync(handle, text);
  }
  closeSync(handle);
}

async function benchMillion(): Promise<void> {
  const file = join(directory, "million/.contextcore/audit.jsonl");
  writeMany(file);
  const millions = `${(COUNT / 1e6).toFixed(1)} million`;
  const cold = await time(() => open(file).newest({ limit: 50 }));
  row(`newest 50 of ${millions}`, `${cold.toFixed(1)} ms`, "50 ms");
  const rare = await time(() => open(file).newest({ limit: 50, operation: "destroy" }));
  row(`newest 50 destroys of ${millions}`, `${rare.toFixed(1)} ms`, "50 ms");
  const none = await time(() => open(file).newest({ limit: 50, operation: "restore" }));
  row(`an operation that never was`, `${(none / 1000).toFixed(2)} s`, "");
  await benchVerify(file, join(directory, "empty"), `verify ${millions}`);
  const home = join(directory, "full");
  await copyToHome(file, home);
  await benchVerify(file, home, "and with the home copy of all");
}

/** In a process of its own, so that its memory is its own. */
async function benchVerify(file: string, home: string, what: string): Promise<void> {
  const words = [
    process.execPath,
    import.meta.filename,
    "--verify",
    file,
    "--home",
    home,
    "--events",
    String(COUNT),
  ];
  const child = Bun.spawn(words, { stdout: "pipe", stderr: "inherit" });
  const [ms, peakKb] = (await new Response(child.stdout).text()).split(" ");
  if ((await child.exited) !== 0) throw new Error("it does not verify");
  const { cpuTime } = child.resourceUsage() ?? {};
  const cpu = (Number(cpuTime?.total ?? 0) / 1e6).toFixed(2);
  const measured = `${(Number(ms) / 1000).toFixed(2)} s, ${cpu} s CPU, ${(Number(peakKb) / 1e3).toFixed(0)} MB`;
  row(what, measured, "3 s");
}

/** As the trail leaves it in the home: closed files of 16 MB, and what it knows of the trail's end. */
async function copyToHome(file: string, directory: string): Promise<void> {
  const home = openHome(directory, file);
  let batch: string[] = [];
  for (const line of linesOf(file)) {
    batch.push(line);
    if (batch.length < 10_000) continue;
    await home.copy(batch);
    batch = [];
  }
  if (batch.length > 0) await home.copy(batch);
  const [newest] = await open(file).newest({ limit: 1 });
  const { dev, ino } = statSync(file);
  if (newest !== undefined) home.writeHead({ seq: newest.seq, hash: newest.hash, dev, ino });
}

function* linesOf(file: string): Generator<string> {
  for (const { text = "" } of linesForward(file)) yield text;
}

async function verifyOnly(file: string, home: string): Promise<void> {
  const signal = new AbortController().signal;
  const ms = await time(async () => {
    const { chain, differences } = await verifyTrail({ file, home, project: "shop", sinks: [], signal });
    if (chain.events !== COUNT || differences > 0)
      throw new Error(`verified ${chain.events}, ${differences} differences`);
  });
  const peakKb = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]; // of this program alone
  console.log(`${ms} ${peakKb}`);
}

try {
  if (values.verify !== undefined) await verifyOnly(values.verify, values.home ?? "");
  else {
    await benchAppend();
    await benchMillion();
  }
} finally {
  rmSync(directory, { recursive: true });
}
