/**
 * `bun test/bench/relay.ts [--streams 200] [--events 200]`: the relay beside direct calls: to the first byte, a chunk, many streams at
 * once, while an export runs, and its memory behind a client that stops reading.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BINARY, measure } from "./run.ts";

const { values } = parseArgs({
  options: { streams: { type: "string", default: "200" }, events: { type: "string", default: "200" } },
});
const STREAMS = Number(values.streams);
const EVENTS = Number(values.events);

/** @returns the first line that it prints, where `find` finds something in it */
async function started(words: string[], cwd: string, find: RegExp, from: "stdout" | "stderr") {
  const env = { PATH: process.env.PATH ?? "", HOME: cwd };
  const child = Bun.spawn(words, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const found = Promise.withResolvers<string>();
  void (async () => {
    let said = "";
    for await (const piece of child[from]) {
      said = (said + new TextDecoder().decode(piece)).slice(-10_000);
      const [text] = find.exec(said) ?? [];
      if (text !== undefined) found.resolve(text);
    }
  })();
  return { said: await found.promise, pid: child.pid, stop: () => child.kill() };
}

const cwd = mkdtempSync(join(tmpdir(), "contextcore-bench-"));
const models = await started(
  [process.execPath, resolve(import.meta.dir, "model-server.ts")],
  cwd,
  /http:\S+/,
  "stdout",
);
const off = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`);
writeFileSync(
  join(cwd, "contextcore.yaml"),
  `name: shop\nbackends:\n${off.join("")}activity:\n  upstreams:\n    openai: { url: "${models.said}" }\n`,
);
const token = (await measure(["serve", "token", "add", "bench", "--role", "ingest"], { cwd })).stdout.trim();
const relay = await started(
  [BINARY, "serve", "--only", "relay", "--listen", "127.0.0.1:0"],
  cwd,
  /http:\/\/[\d.]+:\d+/,
  "stderr",
);

const ways = { direct: models.said, relay: `${relay.said}/relay/t/${token}/openai` };
type Way = keyof typeof ways;

const at = (of: readonly number[], share: number): number =>
  of.toSorted((a, b) => a - b)[Math.min(of.length - 1, Math.floor(of.length * share))] ?? Number.NaN;

const ask = (way: Way, body: object): Promise<Response> =>
  fetch(`${ways[way]}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: "Bearer sk-bench", "Content-Type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "word ".repeat(200) }], ...body }),
  });

/** How long a small call takes, ms. */
async function calls(way: Way, count = 500): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const began = performance.now();
    const reader = (await ask(way, {})).body?.getReader();
    await reader?.read();
    times.push(performance.now() - began);
    await reader?.read();
  }
  return times.slice(50);
}

/** How long each event was on its way, ms. */
async function chunks(way: Way, streams: number, everyMs: number): Promise<number[]> {
  const times: number[] = [];
  const one = async () => {
    const { body } = await ask(way, { stream: true, events: EVENTS, everyMs });
    const decoder = new TextDecoder();
    for await (const piece of body ?? []) {
      const now = performance.timeOrigin + performance.now();
      for (const [, sent] of decoder.decode(piece).matchAll(/"sent":([\d.]+)/g))
        times.push(now - Number(sent));
    }
  };
  await Promise.all(Array.from({ length: streams }, one));
  return times;
}

/** Direct and through the relay by turns, so that what else the machine does hits both. */
async function compared(what: string, work: (way: Way) => Promise<number[]>, budget = ""): Promise<void> {
  const all: Record<Way, number[]> = { direct: [], relay: [] };
  for (let turn = 0; turn < 3; turn += 1)
    for (const way of ["direct", "relay"] as const) all[way].push(...(await work(way)));
  const text = (share: number): string =>
    `${at(all.direct, share).toFixed(2)} → ${at(all.relay, share).toFixed(2)}`;
  const more = at(all.relay, 0.95) - at(all.direct, 0.95);
  console.log(
    `${what.padEnd(34)} p50 ${text(0.5).padStart(16)}  p95 ${text(0.95).padStart(16)}  p99 ${text(0.99).padStart(16)}  p95 +${more.toFixed(2)} ms   ${budget}`,
  );
}

const memory = (): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${relay.pid}/status`, "utf8"))?.[1]) / 1e3;
const given = async (): Promise<number> => Number(await (await fetch(`${models.said}/given`)).text()) / 1e6;

async function all(when: string): Promise<void> {
  await compared(`first byte${when}`, (way) => calls(way), "1 ms");
  await compared(`a chunk, 1 stream${when}`, (way) => chunks(way, 1, 5), "0.3 ms");
  await compared(`a chunk, 20 streams${when}`, (way) => chunks(way, 20, 20), "0.3 ms");
  await compared(`a chunk, ${STREAMS} streams${when}`, (way) => chunks(way, STREAMS, 100));
}

console.log(`idle ${memory().toFixed(0)} MB`);
await all("");
console.log(`after that ${memory().toFixed(0)} MB`);

const before = await given();
const { port } = new URL(ways.relay);
const slow = connect(Number(port), "127.0.0.1");
slow.write(`GET /relay/t/${token}/openai/large HTTP/1.1\r\nHost: localhost\r\n\r\n`);
await new Promise((settle) => slow.once("data", settle));
slow.pause();
await Bun.sleep(3_000);
console.log(
  `a client that stops reading: ${((await given()) - before).toFixed(1)} MB of 315 were read, ${memory().toFixed(0)} MB resident`,
);
slow.destroy();

const lab = await started(
  [process.execPath, resolve(import.meta.dir, "server.ts"), "--lines", "2000000"],
  cwd,
  /\{.*\}/,
  "stdout",
);
const other = join(cwd, "other");
mkdirSync(other);
const { loki } = JSON.parse(lab.said);
let isOver = false;
const exports = (async () => {
  const env = { CONTEXTCORE_LOKI_URL: loki };
  const words = ["export", "-t", "5h", "--plugin", "loki"];
  while (!isOver) await measure(words, { cwd: other, env, accept: [1, 2, 3, 130] });
})();
await all(", export runs");
isOver = true;
relay.stop();
models.stop();
lab.stop();
await exports;
rmSync(cwd, { recursive: true, force: true });
process.exit(0);
