/** A server that stores what it is sent and whose answer is lost: nothing is written twice, and everything is told. */
import { expect, test } from "bun:test";
import type { RestoreAnswer, Restorer } from "contextcore";
import { patiently } from "../../../src/engine/patiently.ts";
import { DEFAULT_RETRY } from "../../../src/engine/retry.ts";
import { exportAll, NEVER, open, type RunningGrafana, startGrafana, WEEK } from "./support.ts";

const QUICK = { ...DEFAULT_RETRY, baseMs: 1, capMs: 5 };
const CUT = "x-cut";

/** Stores each write the first time that it comes, and marks its answer as one to be lost. */
function loseFirstAnswers(grafana: RunningGrafana): () => number {
  const seen = new Set<string>();
  grafana.intercept = async (request) => {
    const body = await request.text();
    const again = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      ...(body === "" ? {} : { body }),
    });
    const answer = await grafana.face.handle(again);
    const key = `${request.method} ${request.url} ${body}`;
    if (request.method === "GET" || !answer.ok || seen.has(key)) return answer;
    seen.add(key);
    answer.headers.set(CUT, "yes");
    return answer;
  };
  return () => seen.size;
}

/** Passes bytes on, and ends the connection instead of passing on an answer that is marked. */
function cutting(url: string): Disposable & { url: string } {
  const { hostname, port } = new URL(url);
  interface Peer {
    server?: ReturnType<typeof Bun.connect>;
  }
  const proxy = Bun.listen<Peer>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        const server = Bun.connect({
          hostname,
          port: Number(port),
          socket: {
            data: (_, bytes) => {
              if (bytes.includes(CUT)) client.terminate();
              else client.write(bytes);
            },
            close: () => void client.end(),
          },
        });
        client.data = { server };
      },
      data: async ({ data }, bytes) => void (await data.server)?.write(bytes),
      close: async ({ data }) => void (await data.server)?.end(),
    },
  });
  return { url: `http://127.0.0.1:${proxy.port}`, [Symbol.dispose]: () => proxy.stop(true) };
}

/** Each file again and again, as the engine does it, until the server has taken it. */
async function restorePatiently(restore: Restorer, files: ReadonlyMap<string, string>) {
  const answers: RestoreAnswer[] = [];
  const sorted = [...files].sort(
    ([a], [b]) =>
      (restore.rank?.(a) ?? 0) - (restore.rank?.(b) ?? 0) || a.split("/").length - b.split("/").length,
  );
  for (const [file, text] of sorted) {
    const batch = { file, lines: text.trimEnd().split("\n"), range: WEEK, labels: {} };
    answers.push(await patiently(() => restore.apply(batch, NEVER), NEVER, QUICK));
  }
  return answers;
}

const comparable = (files: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...files]
      .filter(([path]) => !/node-exporter|playlists/.test(path))
      .map(([path, text]) => [path, text.replace(/^.*"newState":"Alerting".*\n/gm, "")])
      .map(([path = "", text = ""]) => [path, text.replace(/"secureJsonFields": \{[^}]*\}/, "")]),
  );

test.each(["13.1.0", "11.6.0"])(
  "Grafana %s: every answer is lost once, and the restore is the same",
  async (version) => {
    await using source = await startGrafana({ seed: 1, version });
    await using target = await startGrafana({ version });
    const lost = loseFirstAnswers(target);
    using proxy = cutting(target.url);
    const { files, counts } = await exportAll((await open(source)).backend);
    const { restore } = (await open(proxy)).backend;
    if (restore === undefined) throw new Error("grafana cannot restore");
    const answers = await restorePatiently(restore, files);
    expect(lost()).toBeGreaterThan(60);

    const second = await exportAll((await open(target)).backend);
    expect(comparable(second.files)).toEqual(comparable(files));
    expect(second.counts.playlists).toBe(1);
    // What was stored although its answer was lost is written, not "already there"; alerting's own is refused.
    const sum = (unit: string): number => answers.reduce((all, { written }) => all + (written[unit] ?? 0), 0);
    expect(sum("annotations")).toBe((counts.annotations ?? 0) - 1);
    expect(sum("data-sources")).toBe(4);
    // The secrets that are missing are named although the answer was lost.
    const named = answers.flatMap(({ problems = [] }) => problems.flatMap(({ items = [] }) => items));
    expect(named).toContain("Billing (PostgreSQL): billing-db/password");
  },
);

test("two alike stay two, and what the server keeps differently is found again", async () => {
  await using target = await startGrafana();
  loseFirstAnswers(target);
  using proxy = cutting(target.url);
  const { restore } = (await open(proxy)).backend;
  const time = 1_769_990_000_000;
  const lines = [
    { time, text: "alike", tags: ["a"] },
    { time, text: "alike", tags: ["a"] },
    { time, text: "a panel's, but of no dashboard", panelId: 7, dashboardUID: null },
    { time, text: "tags", tags: [" deploy ", "url:http://x", "deploy", ""] },
  ].map((one) => JSON.stringify(one));
  const batch = { file: "grafana/annotations.jsonl", lines, range: WEEK, labels: {} };
  const apply = async (): Promise<RestoreAnswer | undefined> =>
    patiently(async () => restore?.apply(batch, NEVER), NEVER, QUICK);
  expect((await apply())?.written).toEqual({ annotations: 4 });
  expect(await apply()).toEqual({ written: { annotations: 0 }, existing: { annotations: 4 }, rejected: [] });
  expect(target.face.store.annotations.map(({ text }) => text).sort()).toEqual([
    "a panel's, but of no dashboard",
    "alike",
    "alike",
    "tags",
  ]);
});

test("a server that stays away after the lost answer: the batch is tried again, and still nothing is doubled", async () => {
  await using target = await startGrafana();
  const down = (): Response => Response.json({ message: "upstream timed out" }, { status: 504 });
  let calls = 0;
  target.intercept = async (request) => {
    calls += 1;
    if (calls === 1 || calls > 5) return target.face.handle(request);
    // The second call is the write: it is stored, and everything after it fails for a while.
    if (calls === 2) await target.face.handle(request);
    return down();
  };
  const { restore } = (await open(target)).backend;
  const line = JSON.stringify({ time: 1_769_990_000_000, text: "once" });
  const batch = { file: "grafana/annotations.jsonl", lines: [line], range: WEEK, labels: {} };
  await patiently(async () => restore?.apply(batch, NEVER), NEVER, QUICK);
  expect(target.face.store.annotations).toHaveLength(1);
  expect(calls).toBeGreaterThan(5);
});
