/** The four servers of the lab tell of one project: the same tasks, the same services, the same day. */
import { afterAll, expect, test } from "bun:test";
import { v } from "contextcore";
import { startLab } from "./lab.ts";
import { SERVICES, tasks } from "./story.ts";

const NOW = 1_770_000_000_000_000_000n;
const lab = await startLab({ seed: 3, now: () => NOW });
afterAll(() => lab.stop());

const story = tasks({ seed: 3, now: NOW });
const seconds = (ns: bigint): string => String(ns / 1_000_000_000n);
const WINDOW = { start: seconds(NOW - 2n * 86_400_000_000_000n), end: seconds(NOW) };

async function get<Schema extends v.GenericSchema>(
  url: string,
  query: Readonly<Record<string, string>>,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const answer = await fetch(`${url}?${new URLSearchParams(query)}`);
  return v.parse(schema, await answer.json());
}

test("every task is a trace, named and timed as the story says", async () => {
  const schema = v.object({
    traces: v.array(
      v.object({ rootTraceName: v.string(), startTimeUnixNano: v.string(), durationMs: v.number() }),
    ),
  });
  const { traces } = await get(`${lab.urls.tempo}/api/search`, { q: "{}", limit: "1000", ...WINDOW }, schema);
  const told = traces.map((one) => `${one.startTimeUnixNano} ${one.durationMs} ${one.rootTraceName}`);
  const expected = story.map((one) => `${one.startedAt} ${one.durationNs / 1_000_000n} ${one.title}`);
  expect(told.sort()).toEqual(expected.sort());
});

test("every task is an annotation in Grafana, from its start to its end", async () => {
  const schema = v.array(
    v.object({ time: v.number(), timeEnd: v.number(), text: v.string(), tags: v.array(v.string()) }),
  );
  const rows = await get(`${lab.urls.grafana}/api/annotations`, { limit: "1000" }, schema);
  const told = rows
    .filter(({ tags }) => tags.includes("task"))
    .map((one) => `${one.time} ${one.timeEnd} ${one.text}`);
  const ms = (ns: bigint): bigint => ns / 1_000_000n;
  const expected = story.map(
    (one) => `${ms(one.startedAt)} ${ms(one.startedAt) + ms(one.durationNs)} ${one.id} ${one.title}`,
  );
  expect(told.sort()).toEqual(expected.sort());
});

test("the metrics count the same tasks, of the same services", async () => {
  const schema = v.object({
    data: v.object({
      result: v.array(
        v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), v.string()]) }),
      ),
    }),
  });
  const query = async (promql: string) =>
    (await get(`${lab.urls.mimir}/prometheus/api/v1/query`, { query: promql, time: seconds(NOW) }, schema))
      .data.result;
  const states = await query("contextcore_tasks");
  expect(states.reduce((sum, { value }) => sum + Number(value[1]), 0)).toBe(story.length);
  const up = await query("up");
  expect(up.map(({ metric }) => metric.job ?? "").sort()).toEqual([...SERVICES].sort());
});

test("the services' log lines name the story's tasks, while these last", async () => {
  const schema = v.object({
    data: v.object({
      result: v.array(
        v.object({
          stream: v.record(v.string(), v.string()),
          values: v.array(v.tuple([v.string(), v.string()])),
        }),
      ),
    }),
  });
  const query = { query: '{app=~".+"} |= "task="', limit: "5000", ...WINDOW };
  const { result } = (await get(`${lab.urls.loki}/loki/api/v1/query_range`, query, schema)).data;
  const byId = new Map(story.map((one) => [one.id, one]));
  const lines = result.flatMap(({ stream, values }) =>
    values.map(([time, line]) => ({ stream, time: BigInt(time), line })),
  );
  expect(new Set(lines.map(({ stream }) => stream.app))).toEqual(new Set(SERVICES));
  const named = new Set<string>();
  for (const { time, line } of lines) {
    const id = /task=(\S+)/.exec(line)?.[1] ?? "";
    const task = byId.get(id);
    named.add(id);
    if (task === undefined) throw new Error(`no such task: ${line}`);
    expect(time >= task.startedAt && time < task.startedAt + task.durationNs + 1_000_000n).toBe(true);
  }
  expect(named.size).toBe(story.length);
});
