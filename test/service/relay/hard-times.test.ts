/** What is asked of models goes on when the relay's own ground gives way, and what was under way is told as it was. */

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startUpstream, type Upstream } from "../../activity/upstream.ts";
import { binary, run } from "../../support/binary.ts";
import { canMount } from "../../support/own-mounts.ts";
import { chunked, END, type RawUpstream, STREAM_HEAD, said, startRawUpstream } from "./raw-upstream.ts";
import { relayProject, type StartedRelay, startRelay } from "./started.ts";

setDefaultTimeout(90_000);

let upstream: Upstream;
let raw: RawUpstream;
beforeAll(async () => {
  upstream = startUpstream();
  raw = await startRawUpstream();
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await raw[Symbol.asyncDispose]();
});

const CHAT = "openai/v1/chat/completions";
const call = (stream = true): RequestInit => ({
  method: "POST",
  body: JSON.stringify({
    model: "small",
    stream,
    messages: [{ role: "user", content: "word ".repeat(2_000) }],
  }),
});

const metric = async (relay: StartedRelay, name: string): Promise<number> =>
  Number(
    new RegExp(`^${name}(?:\\{upstream="openai"\\})? (\\d+)`, "m").exec(
      await (await fetch(`${relay.url}/metrics`)).text(),
    )?.[1],
  );

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 400; left > 0 && !(await holds()); left -= 1) await Bun.sleep(20);
}

/** A stream whose first event has come, and what lets it end. */
async function underWay(relay: StartedRelay, path = "/held/v1/chat/completions") {
  const { promise, resolve } = Promise.withResolvers<void>();
  raw.answers(path, [
    STREAM_HEAD,
    chunked(said("Ye")),
    () => promise,
    chunked(said("s")),
    chunked("data: [DONE]\n\n"),
    END,
  ]);
  const response = await relay.relay(`openai${path}`, call());
  const reader = response.body?.getReader();
  await reader?.read();
  return { end: resolve, rest: () => reader?.read(), reader };
}

/** The states of all runs, from a process of its own, which closes what a dead one has left. */
async function statesIn(cwd: string): Promise<string[]> {
  await run(["activity", "record"], { cwd, stdin: new Blob(['{"user":"afterwards"}']) });
  const { stdout } = await run(["activity", "list", "--json"], { cwd });
  return JSON.parse(stdout).runs.map(
    ({ status, user }: { status: string; user?: string }) => `${user ?? "caller"} ${status}`,
  );
}

test("a relay that is killed in the middle of a stream leaves a run that was interrupted", async () => {
  const relay = await startRelay(relayProject(raw.url));
  const { reader } = await underWay(relay);
  await until(async () => (await metric(relay, "contextcore_activity_written_total")) > 0);
  await relay.stop("SIGKILL");
  expect(reader?.read()).rejects.toThrow();
  expect(await statesIn(relay.cwd)).toEqual(["caller interrupted", "afterwards ok"]);
});

test("on SIGTERM answers that pass may end, and nothing new begins", async () => {
  const relay = await startRelay(relayProject(raw.url));
  const { end, rest } = await underWay(relay);
  const stopped = relay.stop();
  await until(async () => {
    const again = await relay.relay(CHAT, call()).catch(() => undefined);
    return again === undefined || again.status === 503;
  });
  end();
  expect(new TextDecoder().decode((await rest())?.value)).toContain(said("s"));
  expect(await stopped).toBe(0);
  expect(await statesIn(relay.cwd)).toContain("caller ok");
});

test.each(["--only", "full"])(
  "an answer that takes longer than its time then is interrupted (%s)",
  async (how) => {
    const cwd = relayProject(raw.url, "  grace: 300ms\n");
    const relay = await startRelay(cwd, {}, how === "full");
    const { reader } = await underWay(relay);
    const stopped = relay.stop();
    expect(reader?.read()).rejects.toThrow();
    expect(await stopped).toBe(0);
    expect(await statesIn(cwd)).toEqual(["caller interrupted", "afterwards ok"]);
  },
);

describe("the log cannot be written", () => {
  const both = async (relay: StartedRelay) => {
    const [plain, stream] = [await relay.relay(CHAT, call(false)), await relay.relay(CHAT, call())];
    expect([plain.status, stream.status]).toEqual([200, 200]);
    expect(await plain.text()).toContain("Yes.");
    expect(await stream.text()).toEndWith("data: [DONE]\n\n");
  };
  const failing = async (relay: StartedRelay) => {
    await until(async () => (await metric(relay, "contextcore_activity_writable")) === 0);
    expect(await metric(relay, "contextcore_activity_writable")).toBe(0);
    expect(await (await fetch(`${relay.url}/api/health`)).json()).toMatchObject({
      status: "degraded",
      problems: ["runs cannot be written"],
    });
  };

  test.skipIf(!canMount)("on a full disk calls succeed, and a metric says what is lost", async () => {
    const cwd = relayProject(upstream.url, "  path: small/activity.db\n");
    mkdirSync(join(cwd, "small"));
    const fill = `mount -t tmpfs -o size=256k none ${cwd}/small && chmod 700 ${cwd}/small && exec "$@"`;
    const around = ["unshare", "-rm", "sh", "-c", fill, "sh", binary];
    const relay = await startRelay(cwd, { around });
    for (let times = 0; times < 30; times += 1) await both(relay);
    await failing(relay);
    expect(await metric(relay, "contextcore_activity_waiting")).toBeGreaterThan(0);
    await relay.stop();
  });

  test("another process that holds it only delays it", async () => {
    const relay = await startRelay(relayProject(upstream.url));
    await both(relay);
    await relay.runs(2);
    const other = new Database(join(relay.cwd, ".contextcore/activity.db"));
    other.run("BEGIN EXCLUSIVE");
    await both(relay);
    await failing(relay);
    other.run("COMMIT");
    other.close();
    expect(await relay.runs(4)).toHaveLength(4);
    expect(await metric(relay, "contextcore_activity_lost_runs_total")).toBe(0);
  });

  test("nor does it matter that it is damaged: it is set aside, and that is said", async () => {
    const cwd = relayProject(upstream.url);
    mkdirSync(join(cwd, ".contextcore"), { mode: 0o700 });
    writeFileSync(join(cwd, ".contextcore/activity.db"), "no database at all ".repeat(500), { mode: 0o600 });
    const relay = await startRelay(cwd);
    await both(relay);
    expect(await relay.runs(2)).toHaveLength(2);
    expect(readdirSync(join(cwd, ".contextcore")).filter((name) => name.includes("damaged"))).toHaveLength(1);
    expect(relay.log()).toContain("the log of runs was damaged");
  });

  test.skipIf(!canMount)("nor that nothing may be written where it lies", async () => {
    const cwd = relayProject(upstream.url, "  path: locked/activity.db\n");
    mkdirSync(join(cwd, "locked"));
    const lock = `mount -t tmpfs -o ro,mode=700 none ${cwd}/locked && exec "$@"`;
    const relay = await startRelay(cwd, { around: ["unshare", "-rm", "sh", "-c", lock, "sh", binary] });
    await both(relay);
    await failing(relay);
    expect(await metric(relay, "contextcore_activity_lost_runs_total")).toBe(0);
  });
});

test("a client that stops reading holds the upstream up, and no memory", async () => {
  const PIECE = Buffer.alloc(1 << 20, "x");
  let given = 0;
  const pieces = Array.from({ length: 300 }, () => [
    async () => {
      given += 1;
    },
    `100000\r\n`,
    PIECE,
    "\r\n",
  ]).flat();
  raw.answers("/large", [STREAM_HEAD, ...pieces, END]);
  const relay = await startRelay(relayProject(raw.url));
  const { hostname, port } = new URL(relay.url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(own) {
        own.pause();
        resolve();
      },
      error() {},
    },
  });
  socket.write(`GET /relay/t/${relay.token}/openai/large HTTP/1.1\r\nHost: x\r\n\r\n`);
  await promise;
  let before = -1;
  while (before !== given) {
    before = given;
    await Bun.sleep(500);
  }
  expect(given).toBeLessThan(60);
  const memory = /VmRSS:\s+(\d+) kB/.exec(await Bun.file(`/proc/${relay.pid}/status`).text());
  expect(Number(memory?.[1])).toBeLessThan(200_000);
  socket.terminate();
  await until(async () => (await metric(relay, "contextcore_activity_open_requests")) === 0);
  expect(await metric(relay, "contextcore_activity_open_requests")).toBe(0);
});

test("two hundred streams at once, byte for byte", async () => {
  const relay = await startRelay(relayProject(upstream.url));
  const direct = await (await fetch(`${upstream.url}/v1/chat/completions`, call())).text();
  const all = await Promise.all(
    Array.from({ length: 200 }, async () => (await relay.relay(CHAT, call())).text()),
  );
  expect(new Set(all)).toEqual(new Set([direct]));
  expect((await relay.runs(200)).map(({ status }) => status)).toEqual(Array(200).fill("ok"));
});
