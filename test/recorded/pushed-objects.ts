/** The calls that make a little of every kind of object in an empty Grafana, old or new. */
import { seedAlerting } from "../lab/grafana/seed-alerting.ts";
import { DASHBOARDS, FOLDERS, PANELS } from "../lab/grafana/seed-dashboards.ts";

/** One call as its administrator. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const post = (path: string, body: object): Call => ({ method: "POST", path, body });

const SOURCES = [
  { uid: "mimir", name: "Mimir", type: "prometheus", url: "http://mimir:9009/prometheus", isDefault: true },
  { uid: "loki", name: "Loki", type: "loki", url: "http://loki:3100", jsonData: { maxLines: 1000 } },
  {
    uid: "billing-db",
    name: "Billing / PostgreSQL",
    type: "postgres",
    url: "db.example.org:5432",
    user: "grafana",
    jsonData: { database: "billing", sslmode: "require" },
    secureJsonData: { password: "s3cret-billing" },
  },
];

const PLAYLIST = {
  name: "Office wall",
  interval: "30s",
  items: [
    { type: "dashboard_by_uid", value: "tasks-overview", order: 1, title: "Tasks" },
    { type: "dashboard_by_tag", value: "service", order: 2, title: "service" },
  ],
};

/** Of these only one may be where folders do not nest. */
const SAME_TITLES = ["projects-services", "con-dash"];
const isAlone = ({ uid }: { readonly uid: string }): boolean => !SAME_TITLES.includes(uid);
const DASHBOARDS_ALONE = DASHBOARDS.filter(
  ({ dashboard, folderUid }) => isAlone(dashboard) && (folderUid === "" || isAlone({ uid: folderUid })),
).filter(({ dashboard }, index, all) => {
  const first = all.find((one) => one.dashboard.title === dashboard.title);
  return first === all[index];
});

/** One group, of which one rule is a person's and the other a tool's. */
const mixed = (uid: string, title: string) => ({
  uid,
  title,
  orgID: 1,
  folderUID: "platform",
  ruleGroup: "two owners",
  condition: "A",
  data: [
    {
      refId: "A",
      queryType: "",
      relativeTimeRange: { from: 0, to: 0 },
      datasourceUid: "__expr__",
      model: { refId: "A", type: "math", expression: "1 > 2" },
    },
  ],
  noDataState: "OK",
  execErrState: "Alerting",
  for: "1m",
});

const EDITABLE = { "X-Disable-Provenance": "true" };

/** Everything that is made. @param now ms */
export async function objectsAt(now: number): Promise<Call[]> {
  const alerting: Call[] = [];
  const send = async (method: string, path: string, body: unknown, headers = {}) => {
    alerting.push({ method, path, body: Object(body), headers });
    return {};
  };
  await seedAlerting(send, { rulesFirst: true });
  const rules = "/api/v1/provisioning/alert-rules";
  return [
    ...FOLDERS.filter(isAlone).map((one) => post("/api/folders", one)),
    ...SOURCES.map((one) => post("/api/datasources", { access: "proxy", ...one })),
    ...PANELS.map((one) => post("/api/library-elements", one)),
    ...DASHBOARDS_ALONE.map((one) => post("/api/dashboards/db", one)),
    ...alerting,
    { ...post(rules, mixed("rule-person", "A person's")), headers: EDITABLE },
    post(rules, mixed("rule-tool", "A tool's")),
    ...[0, 1, 2].map((index) =>
      post("/api/annotations", {
        time: now - 300_000 + index * 1_000,
        timeEnd: now - 300_000 + index * 60_000,
        tags: ["deploy", `n${index}`],
        text: `Release 1.${index} – für alle 🚀`,
        ...(index === 0 ? { dashboardUID: "tasks-overview" } : {}),
      }),
    ),
    post("/api/playlists", PLAYLIST),
  ];
}
