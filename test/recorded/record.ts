/**
 * `bun test/recorded/record.ts loki|tempo|mimir|grafana VERSION URL [PUSH_URL]`: pushes a little data into a running, empty
 * server, exports it, and keeps everything that the server answered, for `exports.test.ts`. Of a Grafana everything is then
 * removed, restored and exported again. Tempo is to be started with `flush_check_period: 1s` and `max_trace_live: 2s`, so that
 * no replay waits for long; Mimir with `out_of_order_time_window: 1d` and, from 2.7 on, native histograms.
 */
import { resolve } from "node:path";
import { argv } from "node:process";
import { gzipSync } from "node:zlib";
import { restoreAll } from "../plugins/grafana/support.ts";
import { emptyGrafana } from "./emptied.ts";
import { exportFrom, openAt, rangeAt, TENANT } from "./exported.ts";
import { logsAt, tracesAt } from "./pushed.ts";
import { metricsAt, RULES, writeOf } from "./pushed-metrics.ts";
import { type Call, objectsAt } from "./pushed-objects.ts";
import { recorder } from "./recorder.ts";
import type { Session } from "./session.ts";

const [plugin, version = "", url = "", pushUrl = url] = argv.slice(2);

const nanoseconds = (): bigint => BigInt(Date.now()) * 1_000_000n;

async function push(path: string, { headers, ...request }: RequestInit): Promise<void> {
  const answer = await fetch(`${pushUrl}${path}`, {
    method: "POST",
    ...request,
    headers: { "content-type": "application/json", ...headers },
  });
  // What came later than this version is not there.
  if (!answer.ok && answer.status !== 404)
    throw new Error(`${path}: ${answer.status}: ${await answer.text()}`);
}

const pushed = (path: string, bodies: unknown[]) => ({
  bodies,
  send: async () => {
    for (const body of bodies) await push(path, { body: JSON.stringify(body) });
  },
});

const logs = () => {
  const { path, bodies } = logsAt(nanoseconds());
  return { ...pushed(path, bodies), settles: 150_000 };
};

const traces = () => {
  const { path, bodies } = tracesAt(nanoseconds());
  return { ...pushed(path, bodies), settles: 150_000 };
};

function metrics() {
  const lines = metricsAt(nanoseconds(), !/ 2\.[0-6]\b/.test(version));
  const tenant = { "X-Scope-OrgID": TENANT };
  return {
    bodies: lines,
    settles: 5_000,
    async send() {
      const headers = { ...tenant, "content-type": "application/x-protobuf", "content-encoding": "snappy" };
      for (const line of lines) await push("/api/v1/push", { headers, body: writeOf(line) });
      for (const [namespace, body] of Object.entries(RULES))
        await push(`/prometheus/config/v1/rules/${encodeURIComponent(namespace)}`, {
          headers: { ...tenant, "content-type": "application/yaml" },
          body,
        });
    },
  };
}

const AUTHORIZATION = `Basic ${Buffer.from("admin:admin").toString("base64")}`;

/** Before 9 a dashboard's folder and an annotation's dashboard are told by number. */
async function numbersOf({ folderUid, dashboardUID }: { folderUid?: string; dashboardUID?: string }) {
  const ask = async (path: string) => {
    const answer = await fetch(url + path, { headers: { authorization: AUTHORIZATION } });
    return Object(await answer.json());
  };
  return {
    ...(folderUid ? { folderId: (await ask(`/api/folders/${folderUid}`)).id } : {}),
    ...(dashboardUID ? { dashboardId: (await ask(`/api/dashboards/uid/${dashboardUID}`)).dashboard.id } : {}),
  };
}

async function objects() {
  const calls: Call[] = await objectsAt(Date.now());
  return {
    bodies: calls,
    settles: 2_000,
    async send() {
      for (const { method, path, body, headers } of calls)
        await push(path, {
          method,
          headers: { authorization: AUTHORIZATION, ...headers },
          body: JSON.stringify({ ...body, ...(/ [78]\./.test(version) ? await numbersOf(body) : {}) }),
        });
    },
  };
}

const SOURCES = { loki: logs, tempo: traces, mimir: metrics, grafana: objects };
if (!(plugin !== undefined && plugin in SOURCES)) throw new Error(`one of ${Object.keys(SOURCES)}?`);
const name = plugin as Session["plugin"];

const { bodies, send, settles } = await SOURCES[name]();
await send();
// Until searches and counts see what was pushed.
await Bun.sleep(settles);
const clock = nanoseconds();

async function recordedExport() {
  await using proxy = recorder(url, { all: name === "grafana" });
  const { claims, files } = await exportFrom(proxy.url, name, clock);
  console.log(claims?.status, claims?.problems, claims?.counts);
  return { answers: proxy.answers, files };
}

async function recordedRestore(files: ReadonlyMap<string, string>) {
  await using proxy = recorder(url, { all: true });
  const { backend } = await openAt(proxy.url, name, clock);
  console.log([...(await restoreAll(backend, files, rangeAt(name, clock))).values()]);
  return proxy.answers;
}

const { answers, files } = await recordedExport();
const session = { plugin: name, server: version, clock: String(clock), pushed: bodies, answers };
const all: Record<string, unknown> = session;
if (name === "grafana") {
  await emptyGrafana(url, AUTHORIZATION);
  const restore = await recordedRestore(files);
  all.afterwards = { restore, again: (await recordedExport()).answers };
}
const file = resolve(
  import.meta.dir,
  "../recordings/exports",
  `${version.toLowerCase().replace(" ", "-")}.json.gz`,
);
await Bun.write(file, gzipSync(JSON.stringify(all), { level: 9 }));
console.log(file, Object.keys(answers).length);
