/**
 * Loki's moving border: a query that reaches over the moment `query_store_max_look_back_period` ago misses lines there, and
 * so does a count. Clocks run fast here, so that what takes a quarter of a minute takes a second.
 */
import { describe, expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { formatDuration, type Range } from "contextcore";
import { isLoss } from "../../../src/snapshot/format/problem-kind.ts";
import { listPartials } from "../../../src/snapshot/write/partial.ts";
import { runExport, scratch } from "../../export/run.ts";
import { createLoki, type LokiFace } from "../../lab/loki/index.ts";
import { borderJob, fastClock, linesOf } from "./border-export.ts";
import { entriesFrom, HOUR, heldBy, MINUTE, NOW, never, openLoki, put, SECOND, stage } from "./support.ts";

const MS = SECOND / 1000n;

interface Setting {
  readonly speed: number;
  /** How long the first page behind the border takes, ms of the real clock: longer than an answer is expected to. */
  readonly delayMs?: number;
  /** It shows neither its configuration nor its clock, as behind a gateway; its border is where it usually is. */
  readonly hides?: boolean;
}

/** A busy Loki: a line every 20 ms in each of three streams, for three minutes before it starts and from then on. */
function busyLoki({ speed, delayMs = 0, hides = false }: Setting) {
  const began = Date.now();
  const back = hides ? 156n * MINUTE : MINUTE;
  const now = fastClock(began, speed);
  const face = createLoki({
    now,
    limits: { query_store_max_look_back_period: formatDuration(back), reject_old_samples: false },
    borderHole: 300n * MS,
  });
  const latest = (): bigint => now() - back + MINUTE;
  const to = latest();
  const range = { from: to - 180n * SECOND, to };
  let next = range.from;
  const pushUntil = (time: bigint): void => {
    const times: bigint[] = [];
    for (; next < time; next += 20n * MS) times.push(next);
    if (times.length === 0) return;
    for (const app of ["web", "shop", "mail"])
      put(
        face,
        { app },
        times.map((at) => ({ time: at, line: `${app} at ${at}` })),
      );
  };
  pushUntil(latest());
  const timer = setInterval(() => pushUntil(latest()), 20);
  let wasSlow = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const url = new URL(request.url);
      if (hides && (url.pathname.startsWith("/config") || url.searchParams.get("query") === "vector(1)"))
        return new Response("forbidden", { status: 403 });
      const form = new URLSearchParams(await request.clone().text());
      const isBehind = url.pathname.endsWith("/query_range") && BigInt(form.get("start") ?? 0) > now() - back;
      if (isBehind && !wasSlow) {
        wasSlow = true;
        await Bun.sleep(delayMs);
      }
      return face.handle(request);
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    face,
    url,
    now,
    began,
    range,
    backend: openLoki({ url, pageSize: 500 }, { now }),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await server.stop(true);
    },
  };
}

/** Every line that was there is in the snapshot once. */
function expectAll(path: string, { face, range }: { face: LokiFace; range: Range }): void {
  expect(linesOf(path)).toEqual(heldBy(face, range));
}

describe("an export across the border, while lines come in", () => {
  test.each([
    ["answers quickly", {}],
    ["answers more slowly than expected", { delayMs: 500 }],
    ["hides its configuration and its clock", { hides: true }],
  ] as const)(
    "of a server that %s is complete, and nothing is read twice",
    async (_, setting) => {
      using dir = scratch();
      await using here = busyLoki({ speed: 20, ...setting });
      const { path, manifest } = await runExport(dir.path, [], borderJob(here));
      const [claims] = manifest.plugins;
      expect(claims?.problems.filter(isLoss)).toEqual([]);
      expect(claims).toMatchObject({ status: "complete", agrees: true });
      expect(claims?.windows.filter(({ firstRead }) => firstRead !== undefined)).toEqual([]);
      expectAll(path, here);
    },
    30_000,
  );

  test("that is killed while a part waits goes on with it", async () => {
    using dir = scratch();
    await using here = busyLoki({ speed: 4 });
    const { url, began, range } = here;
    const setting = { url, directory: dir.path, began, speed: 4, from: `${range.from}`, to: `${range.to}` };
    const args = [process.execPath, resolve(import.meta.dir, "border-child.ts"), JSON.stringify(setting)];
    const child = (): Bun.Subprocess<"ignore", "pipe", "inherit"> =>
      Bun.spawn(args, { stdout: "pipe", stderr: "inherit" });
    const first = child();
    const waiting = await untilItWaits(dir.path);
    first.kill(9);
    await first.exited;
    const second = child();
    const [status, path = ""] = (await new Response(second.stdout).text()).trim().split(" ");
    expect(status).toBe("complete");
    const index = await Bun.file(join(path, "blocks.jsonl")).text();
    expect(index.split(`"cursor":${waiting}`).length).toBe(2);
    expectAll(path, here);
  }, 30_000);
});

/** @returns the first cursor that is to wait, as the index of the unfinished export names it */
async function untilItWaits(directory: string): Promise<string> {
  for (;;) {
    const [partial] = await listPartials(directory);
    const index = Bun.file(join(partial ?? "", "blocks.jsonl"));
    const lines = partial !== undefined && (await index.exists()) ? (await index.text()).split("\n") : [];
    for (const line of lines.slice(0, -1)) {
      const { next = [] } = JSON.parse(line);
      const found = next.find((cursor: Record<string, unknown>) => cursor.notBefore !== undefined);
      if (found !== undefined) return JSON.stringify(found);
    }
    await Bun.sleep(5);
  }
}

test("an answer after which the border has passed the whole range is asked for once more, at once", async () => {
  let now = NOW;
  const limits = { query_store_max_look_back_period: "1h" };
  await using here = stage({ now: () => now, limits, borderHole: 10n * SECOND });
  const from = NOW - HOUR + 10n * SECOND;
  put(here.face, { app: "web" }, entriesFrom(from, 20, 100n * MS));
  let pages = 0;
  const front = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const isSlow = request.url.endsWith("/query_range") && ++pages === 1;
      if (isSlow) now += 11n * SECOND;
      const answer = await here.face.handle(request);
      if (isSlow) now += 11n * SECOND;
      return answer;
    },
  });
  const backend = openLoki({ url: `http://127.0.0.1:${front.port}` }, { now: () => now });
  const range = { from: `${from}`, to: `${from + 2n * SECOND}` };
  const cursor = { kind: "read", ...range, selector: '{app="web"}', limit: 100, most: 100, window: range };
  const { records, next } = await backend.export.step(cursor, never);
  expect(records?.map(({ counts }) => counts)).toEqual([{ entries: 20 }]);
  expect(next).toBeUndefined();
  expect(pages).toBe(2);
  await front.stop(true);
});

test("a count waits for what lies at the border, and heeds its signal meanwhile", async () => {
  await using here = busyLoki({ speed: 20 });
  expect(await here.backend.count?.({ range: here.range }, never)).toEqual({
    entries: heldBy(here.face, here.range).length,
  });
  const stopper = new AbortController();
  const began = performance.now();
  setTimeout(() => stopper.abort(new Error("enough")), 100);
  await expect(here.backend.count?.({ range: here.range }, stopper.signal)).rejects.toThrow("enough");
  expect(performance.now() - began).toBeLessThan(600);
});
