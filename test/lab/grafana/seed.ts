/** The project's Grafana: folders in folders, dashboards with all kinds of titles, alerting, annotations of its tasks. */
import { tasks } from "../story.ts";
import type { GrafanaFace } from "./index.ts";
import { seedAlerting } from "./seed-alerting.ts";
import { DASHBOARDS, FOLDERS, PANELS, V2_DASHBOARD } from "./seed-dashboards.ts";
import type { Fields } from "./store.ts";

/** Sends one call to the face as its administrator. @throws Error when it is not accepted. */
export type Send = (
  method: string,
  path: string,
  body: unknown,
  headers?: Record<string, string>,
) => Promise<Fields>;

const AUTHORIZATION = `Basic ${Buffer.from("admin:admin").toString("base64")}`;

export const sender =
  (face: GrafanaFace): Send =>
  async (method, path, body, headers = {}) => {
    const request = new Request(`http://lab${path}`, {
      method,
      headers: { Authorization: AUTHORIZATION, ...headers },
      body: JSON.stringify(body),
    });
    const answer = await face.handle(request);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Fields;
  };

/** Fills an empty Grafana; the same seed and time give the same content. */
export async function seedGrafana(
  face: GrafanaFace,
  { seed, now }: { seed: number; now: bigint },
): Promise<void> {
  const send = sender(face);
  for (const folder of FOLDERS) await send("POST", "/api/folders", folder);
  for (const source of DATA_SOURCES) await send("POST", "/api/datasources", source);
  const major = Number(face.version.split(".")[0]);
  if (major >= 8) for (const panel of PANELS) await send("POST", "/api/library-elements", panel);
  for (const one of DASHBOARDS) await send("POST", "/api/dashboards/db", one);
  if (major >= 9) await seedAlerting(send, { rulesFirst: major < 10 });
  await seedAnnotations(face, send, { seed, now });
  await send("POST", "/api/playlists", PLAYLIST);
  if (major >= 12) await seedNewer(send);
  seedManaged(face);
}

const DATA_SOURCES = [
  {
    uid: "tempo",
    name: "Tempo",
    type: "tempo",
    url: "http://tempo:3200",
    jsonData: { nodeGraph: { enabled: true } },
  },
  {
    uid: "mimir",
    name: "Mimir",
    type: "prometheus",
    url: "http://mimir:9009/prometheus",
    isDefault: true,
    jsonData: { httpMethod: "POST", httpHeaderName1: "X-Scope-OrgID" },
    secureJsonData: { httpHeaderValue1: "anonymous" },
  },
  { uid: "loki", name: "Loki", type: "loki", url: "http://loki:3100", jsonData: { maxLines: 1000 } },
  {
    uid: "billing-db",
    name: "Billing (PostgreSQL)",
    type: "grafana-postgresql-datasource",
    url: "db.example.org:5432",
    user: "grafana",
    basicAuth: true,
    basicAuthUser: "gateway",
    jsonData: { database: "billing", sslmode: "require" },
    secureJsonData: { password: "s3cret-billing", basicAuthPassword: "s3cret-gateway" },
  },
];

const PLAYLIST = {
  name: "Office wall",
  interval: "30s",
  items: [
    { type: "dashboard_by_uid", value: "tasks-overview" },
    { type: "dashboard_by_tag", value: "service" },
  ],
};

/** One annotation a task: a region from its start to its end. */
async function seedAnnotations(
  face: GrafanaFace,
  send: Send,
  story: { seed: number; now: bigint },
): Promise<void> {
  const ms = (ns: bigint): number => Number(ns / 1_000_000n);
  for (const task of tasks(story)) {
    const time = ms(task.startedAt);
    await send("POST", "/api/annotations", {
      dashboardUID: "tasks-overview",
      time,
      timeEnd: time + ms(task.durationNs),
      tags: ["task", task.status, `assignee:${task.assignee}`],
      text: `${task.id} ${task.title}`,
    });
  }
  await send("POST", "/api/annotations", {
    time: ms(story.now) - 3_600_000,
    tags: ["deploy"],
    text: "Release 1.4 – für alle 🚀",
  });
  face.store.annotations.push(alertState(face, ms(story.now) - 1_800_000));
}

/** What alerting writes itself when a rule changes state; nobody else can write such a one. */
const alertState = (face: GrafanaFace, time: number) => ({
  id: face.store.nextId(),
  alertId: 17,
  alertName: "Checkout is slow",
  dashboardUID: "",
  panelId: 0,
  newState: "Alerting",
  prevState: "Normal",
  time,
  timeEnd: time,
  text: "Checkout is slow {service=checkout} - Alerting",
  tags: [],
  data: {},
  created: time,
  updated: time,
});

async function seedNewer(send: Send): Promise<void> {
  const { version, resource } = V2_DASHBOARD;
  await send("POST", `/apis/dashboard.grafana.app/${version}/namespaces/default/dashboards`, resource);
}

/** A dashboard that belongs to a file beside the server: it can be read, and not written. */
function seedManaged(face: GrafanaFace): void {
  const dashboard = face.store.dashboards.get("node-exporter");
  if (dashboard === undefined) return;
  face.store.dashboards.set("node-exporter", {
    ...dashboard,
    manager: { kind: "classic-file-provisioning", id: "dashboards/node-exporter.json" },
  });
}
