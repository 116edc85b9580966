/** The data of the servers from which `test/fixtures/project-0-1` was saved. */
import type { Lab } from "../lab/lab.ts";
import { float, push } from "../plugins/mimir/support.ts";

/** 2026-11-29T09:00:00Z, ms. */
const START = Date.UTC(2026, 10, 29, 9);
const MINUTE = 60_000;

/** The range that was saved. */
export const SAVED = { from: "2026-11-29T09:00:00Z", to: "2026-11-29T12:00:00Z" };
/** When it was, ns. */
export const SAVED_AT = BigInt(START + 4 * 60 * MINUTE) * 1_000_000n;

const ns = (ms: number): string => `${BigInt(ms) * 1_000_000n}`;

async function post(url: string, body: object | string, type = "application/json"): Promise<void> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(url, { method: "POST", body: text, headers: { "Content-Type": type } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
}

const RULES = `name: quiet
interval: 1m
rules:
  - alert: Quiet
    expr: sum(rate({app="web"}[5m])) < 1
`;

const entriesOf = (app: string): [string, string, object][] =>
  Array.from({ length: 30 }, (_, index) => [
    ns(START + index * 5 * MINUTE),
    `${app} line ${index}`,
    { order: `${index}` },
  ]);

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

const spanOf = (trace: number, index: number): object => {
  const start = START + trace * 10 * MINUTE + index;
  return {
    traceId: hex(16 + trace, 32),
    spanId: hex(256 + trace * 4 + index, 16),
    parentSpanId: index === 0 ? "" : hex(256 + trace * 4, 16),
    name: `step ${index}`,
    kind: 1,
    startTimeUnixNano: ns(start),
    endTimeUnixNano: ns(start + 5),
    attributes: [{ key: "number", value: { intValue: `${index}` } }],
  };
};

const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
const traceOf = (trace: number): object => ({
  resource,
  scopeSpans: [{ spans: [0, 1, 2].map((index) => spanOf(trace, index)) }],
});

/** Fills an empty lab with it. */
export async function fill({ urls }: Pick<Lab, "urls">): Promise<void> {
  const streams = ["web", "db"].map((app) => ({ stream: { app }, values: entriesOf(app) }));
  await post(`${urls.loki}/loki/api/v1/push`, { streams });
  await post(`${urls.loki}/loki/api/v1/rules/shop`, RULES, "application/yaml");
  await post(`${urls.otlp}/v1/traces`, {
    resourceSpans: Array.from({ length: 12 }, (_, trace) => traceOf(trace)),
  });
  const points = Array.from({ length: 60 }, (_, index) => float(START + index * 3 * MINUTE, index / 7));
  const series = ["a", "b"].map((job) => ({
    labels: [["__name__", "sales"] as const, ["job", job] as const],
    points,
  }));
  await push(`${urls.mimir}/api/v1/push`, series);
  await post(`${urls.grafana}/api/folders`, { uid: "shop", title: "Shop" });
  const dashboard = { uid: "sales", title: "Sales", panels: [], schemaVersion: 42 };
  await post(`${urls.grafana}/api/dashboards/db`, { dashboard, folderUid: "shop" });
}
