/** `--label` adds a label. One that the data has already is not replaced unawares: the plan counts it, and `--relabel` does it. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { findRelabelled } from "../../src/restore/relabel.ts";
import { findBlocks, planFiles } from "../../src/restore/select.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import type { Lab } from "../lab/lab.ts";
import { float, labels as named, push } from "../plugins/mimir/support.ts";
import { type Stacks, startStacks } from "./stack.ts";

setDefaultTimeout(60_000);

const START = Math.floor(Date.now() / 1000) * 1000 - 3 * 3_600_000;
const ns = (second: number): string => `${START + second * 1000}000000`;

/** In all 14 lines of 5 streams, 9 samples of 4 series, 3 spans of 2 resources. */
const LINES: Readonly<Record<string, readonly (readonly [second: number, line: string])[]>> = {
  '{"app":"shop","job":"a"}': [
    [1, "same"],
    [2, "of a"],
    [3, "also same"],
  ],
  '{"app":"shop","job":"b"}': [
    [1, "same"],
    [2, "of b"],
    [3, "also same"],
    [4, "of b alone"],
  ],
  '{"app":"shop","job":"z"}': [[1, "same"]],
  '{"app":"till"}': [
    [1, "same"],
    [2, "no job"],
    [3, 'and job is only said: "job"'],
  ],
  '{"app":"till","seen":"yes"}': [
    [1, "same"],
    [2, "another"],
    [3, "and another"],
  ],
};

async function fill(lab: Lab): Promise<void> {
  const streams = Object.entries(LINES).map(([stream, lines]) => ({
    stream: JSON.parse(stream),
    values: lines.map(([second, line]) => [ns(second), line]),
  }));
  await post(`${lab.urls.loki}/loki/api/v1/push`, { streams });
  const series = [
    ["up", { job: "a" }, [1, 2, 3]],
    ["up", { job: "b" }, [1, 2]],
    ["up", { job: "z" }, [4]],
    ["ready", {}, [1, 2, 3]],
  ] as const;
  await push(
    `${lab.urls.mimir}/api/v1/push`,
    series.map(([name, own, seconds]) => ({
      labels: named(name, own),
      points: seconds.map((second) => float(START + second * 1000, second)),
    })),
  );
  await post(`${lab.urls.otlp}/v1/traces`, {
    resourceSpans: [
      resource("shop", { env: { stringValue: "test" } }, ["0000000000000001", "0000000000000002"]),
      resource("till", {}, ["0000000000000003"]),
    ],
  });
}

const resource = (service: string, more: Record<string, object>, spans: readonly string[]) => ({
  resource: {
    attributes: Object.entries({ "service.name": { stringValue: service }, ...more }).map(([key, value]) => ({
      key,
      value,
    })),
  },
  scopeSpans: [
    {
      spans: spans.map((spanId) => ({
        traceId: "00000000000000000000000000000abc",
        spanId,
        name: "work",
        kind: 1,
        startTimeUnixNano: ns(1),
        endTimeUnixNano: ns(2),
      })),
    },
  ],
});

async function post(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

let stacks: Stacks;
let path: string;
beforeAll(async () => {
  stacks = await startStacks();
  await fill(stacks.empty);
  const only = ["tempo", "mimir", "loki"].flatMap((name) => ["--plugin", name]);
  path = await stacks.exported(stacks.empty, "saved", only);
});
afterAll(() => stacks.stop());

const restore = (lab: Lab, name: string, ...args: string[]) =>
  stacks.on(lab, "restore", path, "--plugin", name, ...args);

const lineCount = async (lab: Lab): Promise<number> => {
  const query = "sum(count_over_time({app=~`.+`}[1d]))";
  const url = `${lab.urls.loki}/loki/api/v1/query?${new URLSearchParams({ query })}`;
  const answer = (await (await fetch(url)).json()) as { data: { result: { value: [number, string] }[] } };
  return Number(answer.data.result[0]?.value[1] ?? 0);
};

const JOB =
  "2 of 5 streams (7 of 14 entries) have another job, which --label would replace; 5 streams would become 3; 3 entries would fall together with others, of which a server keeps one";

test("a label that streams have already is refused, with what it would do", async () => {
  const lab = await stacks.another();
  const dry = await restore(lab, "loki", "--label", "job=z", "--dry-run");
  expect(dry.exitCode).toBe(3);
  expect(dry.stdout).toContain(`left out: loki: ${JOB}. A label of another name keeps all of them apart`);
  const done = await restore(lab, "loki", "--label", "job=z", "--yes");
  expect(done.exitCode).toBe(2);
  expect(done.stderr).toContain(JOB);
  expect(done.stderr).toContain("nothing of this snapshot is left to restore");
  expect(await lineCount(lab)).toBe(0);
});

test("--relabel shows the same in the plan, and does it", async () => {
  const lab = await stacks.another();
  const dry = await restore(lab, "loki", "--label", "job=z", "--relabel", "--dry-run");
  expect(dry.stdout).toContain(`loki: would be altered: ${JOB}.`);
  expect(dry.exitCode).toBe(0);
  const done = await restore(lab, "loki", "--label", "job=z", "--relabel", "--yes");
  // What the plan said is not reported as missing, and not waited for.
  expect(done.exitCode, done.stderr).toBe(0);
  expect(done.stdout).toMatch(/complete$/m);
  expect(await lineCount(lab)).toBe(14 - 3);
});

test("a label of a new name is added, and nothing is lost", async () => {
  const lab = await stacks.another();
  const done = await restore(lab, "loki", "--label", "restored_from=1", "--yes");
  expect(done.exitCode, done.stderr).toBe(0);
  expect(done.stderr).not.toContain("would");
  expect(await lineCount(lab)).toBe(14);
});

test("streams that become one although no value is replaced are counted, too", async () => {
  const { stdout, exitCode } = await restore(stacks.empty, "loki", "--label", "seen=yes", "--dry-run");
  expect(exitCode).toBe(3);
  expect(stdout).toContain(
    "left out: loki: 5 streams would become 4; 1 entry would fall together with others, of which a server keeps one.",
  );
});

test("only what would be written counts: a range, and a selector", async () => {
  const from = new Date(START + 2_000).toISOString();
  const late = await restore(stacks.empty, "loki", "--label", "job=z", "--dry-run", "--from", from);
  expect(late.stdout).toContain("loki: 2 of 4 streams (5 of 9 entries) have another job");
  expect(late.stdout).toContain("; 4 streams would become 3; 1 entry would fall together");
  const args = ["--label", "job=z", "--dry-run", "--match", '{app="till"}'];
  const chosen = await restore(stacks.empty, "loki", ...args);
  expect(chosen.stdout).not.toContain("another job");
});

test("series of Mimir", async () => {
  const { stdout, exitCode } = await restore(stacks.empty, "mimir", "--label", "job=z", "--dry-run");
  expect(exitCode).toBe(3);
  expect(stdout).toContain(
    "left out: mimir: 2 of 4 series (5 of 9 samples) have another job, which --label would replace; 4 series would become 2; 2 samples would fall together with others",
  );
});

test("attributes of resources, in Tempo: a value is replaced, and no trace becomes another", async () => {
  const { stdout, exitCode } = await restore(stacks.empty, "tempo", "--label", "env=live", "--dry-run");
  expect(exitCode).toBe(3);
  expect(stdout).toContain(
    "left out: tempo: 1 of 2 resources (2 of 3 spans) have another env, which --label would replace. A label",
  );
  const same = await restore(stacks.empty, "tempo", "--label", "env=test", "--dry-run");
  expect(same.stdout).not.toContain("would replace");
});

test("the other backends are restored", async () => {
  const lab = await stacks.another();
  const done = await stacks.on(lab, "restore", path, "--label", "env=live", "--yes", "--json");
  expect(done.exitCode, done.stderr).toBe(3);
  const { backends, leftOut } = JSON.parse(done.stdout);
  expect(backends.map(({ backend }: { backend: string }) => backend)).toEqual(["mimir", "loki"]);
  expect(leftOut.map(({ name }: { name: string }) => name)).toEqual(["tempo"]);
});

test.each([
  [["--label", "__name__=z"], "names that begin with __ are the servers' own"],
  [["--label", "__name__=z", "--relabel"], "names that begin with __ are the servers' own"],
  [["--label", "__stream_shard__=1"], "names that begin with __ are the servers' own"],
  [["--label", "a=1", "--label", "a=2"], "--label a is given more than once"],
])("%p is refused before anything is looked at", async (args, why) => {
  const done = await stacks.on(stacks.empty, "restore", path, ...args, "--dry-run");
  expect(done.exitCode).toBe(2);
  expect(done.stderr).toContain(why);
});

test("in parts, as memory asks for, it is the same", async () => {
  const snapshot = await openSnapshot(path);
  const { signal } = new AbortController();
  const found = await findBlocks(snapshot, ["loki"], { range: undefined, signal });
  const files = await planFiles(found("loki"), {}, signal);
  const range = { from: 0n, to: 1n << 63n };
  const all = { snapshot, labels: { job: "z" }, range, signal };
  const whole = await findRelabelled(files, all);
  expect(whole).toMatchObject([{ left: 3, alike: 3 }]);
  expect(await findRelabelled(files, { ...all, atOnce: 2 })).toEqual(whole);
  await snapshot.close();
});
