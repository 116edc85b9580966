/** Folders, dashboards and library panels of the sample story. */
import { SERVICES } from "../story.ts";
import type { Fields } from "./store.ts";

export const FOLDERS = [
  { uid: "platform", title: "Platform" },
  { uid: "platform-services", title: "Services", parentUid: "platform" },
  { uid: "platform-nord", title: "Überwachung / Nord", parentUid: "platform-services" },
  { uid: "projects", title: "Projects", description: "One folder a year" },
  { uid: "projects-2026", title: "2026/Q1 ..", parentUid: "projects" },
  { uid: "projects-services", title: "Services", parentUid: "projects" },
  { uid: "device", title: "con" },
];

interface PanelOptions {
  readonly id: number;
  readonly title: string;
  readonly source: { readonly type: string; readonly uid: string };
  readonly target: Fields;
}

const panel = ({ id, title, source, target }: PanelOptions): Fields => ({
  id,
  title,
  type: "timeseries",
  datasource: source,
  gridPos: { x: ((id - 1) % 2) * 12, y: Math.floor((id - 1) / 2) * 8, w: 12, h: 8 },
  targets: [{ refId: "A", datasource: source, ...target }],
});

const MIMIR = { type: "prometheus", uid: "mimir" };
const LOKI = { type: "loki", uid: "loki" };
const TEMPO = { type: "tempo", uid: "tempo" };

interface DashboardOptions {
  readonly uid: string;
  readonly title: string;
  readonly folderUid?: string;
  readonly tags?: readonly string[];
  readonly panels?: readonly Fields[];
}

const dashboard = ({ uid, title, folderUid = "", tags = [], panels = [] }: DashboardOptions) => ({
  folderUid,
  message: "first version",
  dashboard: {
    uid,
    title,
    tags,
    panels,
    schemaVersion: 41,
    time: { from: "now-24h", to: "now" },
    templating: { list: [] },
    annotations: { list: [] },
  },
});

/** The same title in every service's folder: only the uid tells them apart. */
const serviceDashboards = SERVICES.map((service, index) =>
  dashboard({
    uid: `svc-${service}`,
    title: "Overview",
    folderUid: index % 2 === 0 ? "platform-services" : "projects-services",
    tags: ["service"],
    panels: [
      panel({
        id: 1,
        title: `Requests of ${service}`,
        source: MIMIR,
        target: { expr: `sum(rate(http_requests_total{service="${service}"}[5m]))` },
      }),
      panel({ id: 2, title: "Log", source: LOKI, target: { expr: `{service_name="${service}"}` } }),
    ],
  }),
);

export const DASHBOARDS = [
  dashboard({
    uid: "tasks-overview",
    title: "Tasks",
    tags: ["contextcore"],
    panels: [
      panel({ id: 1, title: "Task spans", source: TEMPO, target: { queryType: "traceql", query: "{}" } }),
      {
        id: 2,
        title: "Status legend",
        gridPos: { x: 12, y: 0, w: 12, h: 8 },
        libraryPanel: { uid: "lib-legend", name: "Status legend" },
      },
    ],
  }),
  ...serviceDashboards,
  dashboard({ uid: "latency-nord", title: "Latenz <p99> / Köln: 日本語 🚀", folderUid: "platform-nord" }),
  dashboard({ uid: "dotdot", title: "../../etc/passwd", folderUid: "projects-2026" }),
  dashboard({ uid: "con-dash", title: "con", folderUid: "device" }),
  dashboard({
    uid: "old-sales",
    title: "Sales (old)",
    folderUid: "projects",
    panels: [
      panel({
        id: 1,
        title: "Sum",
        source: { type: "mysql", uid: "gone-mysql" },
        target: { rawSql: "select 1" },
      }),
    ],
  }),
  dashboard({ uid: "node-exporter", title: "Node Exporter", folderUid: "platform", tags: ["infra"] }),
];

/** Kept in the second schema, part of which the first cannot express. */
export const V2_DASHBOARD = {
  version: "v2beta1",
  resource: {
    apiVersion: "dashboard.grafana.app/v2beta1",
    kind: "Dashboard",
    metadata: { name: "board-v2", annotations: { "grafana.app/folder": "projects" } },
    spec: {
      title: "Board with tabs",
      tags: ["contextcore"],
      elements: {
        "panel-1": { kind: "Panel", spec: { id: 1, title: "Open tasks", vizConfig: { kind: "stat" } } },
      },
      layout: { kind: "TabsLayout", spec: { tabs: [{ kind: "TabsLayoutTab", spec: { title: "Now" } }] } },
    },
  },
};

export const PANELS = [
  {
    uid: "lib-legend",
    name: "Status legend",
    kind: 1,
    folderUid: "",
    model: {
      type: "text",
      title: "Status legend",
      description: "Colours of task states",
      options: { content: "todo · in_progress · done · blocked" },
    },
  },
  {
    uid: "lib-errors",
    name: "Errors / s",
    kind: 1,
    folderUid: "platform-services",
    model: {
      type: "timeseries",
      title: "Errors",
      datasource: MIMIR,
      targets: [{ refId: "A", expr: 'sum(rate(http_requests_total{status=~"5.."}[5m]))' }],
    },
  },
];
