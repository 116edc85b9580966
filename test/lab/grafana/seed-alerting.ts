/** Alert rules, contact points, policies, mute timings and templates of the sample story. */
import type { Send } from "./seed.ts";
import type { Fields } from "./store.ts";

const BASE = "/api/v1/provisioning";
/** As a person makes them in the user interface; without it they would be locked. */
const EDITABLE = { "X-Disable-Provenance": "true" };

const rule = (uid: string, title: string, expr: string, more: Fields = {}): Fields => ({
  uid,
  title,
  condition: "B",
  data: [
    {
      refId: "A",
      queryType: "",
      relativeTimeRange: { from: 600, to: 0 },
      datasourceUid: "mimir",
      model: { refId: "A", expr, instant: true },
    },
    {
      refId: "B",
      queryType: "",
      relativeTimeRange: { from: 0, to: 0 },
      datasourceUid: "__expr__",
      model: {
        refId: "B",
        type: "threshold",
        expression: "A",
        conditions: [{ evaluator: { type: "gt", params: [1] } }],
      },
    },
  ],
  noDataState: "NoData",
  execErrState: "Error",
  for: "5m",
  isPaused: false,
  annotations: { summary: `${title} for five minutes` },
  labels: { team: "platform" },
  ...more,
});

const CONTACT_POINTS = [
  { uid: "cp-mail", name: "platform team", type: "email", settings: { addresses: "platform@example.org" } },
  {
    uid: "cp-slack",
    name: "platform team",
    type: "slack",
    settings: { recipient: "#alerts", url: "https://hooks.slack.example/T000/B000/SECRET" },
  },
  {
    uid: "cp-hook",
    name: "on call / webhook",
    type: "webhook",
    settings: { url: "https://oncall.example/hook", username: "grafana", password: "s3cret-hook" },
  },
];

const POLICIES = {
  receiver: "grafana-default-email",
  group_by: ["grafana_folder", "alertname"],
  routes: [
    {
      receiver: "platform team",
      object_matchers: [["team", "=", "platform"]],
      mute_time_intervals: ["weekends"],
      group_wait: "30s",
      routes: [
        { receiver: "on call / webhook", object_matchers: [["severity", "=", "critical"]], continue: true },
      ],
    },
  ],
};

interface SeedOptions {
  /** Before Grafana 10 a group takes only rules that exist. */
  readonly rulesFirst?: boolean;
}

/** Makes all of them. */
export async function seedAlerting(send: Send, { rulesFirst = false }: SeedOptions = {}): Promise<void> {
  const putGroup = async (folderUid: string, title: string, rules: readonly Fields[]): Promise<void> => {
    const one = { folderUID: folderUid, ruleGroup: title };
    if (rulesFirst)
      for (const rule of rules)
        await send("POST", `${BASE}/alert-rules`, { orgID: 1, ...rule, ...one }, EDITABLE);
    const path = `${BASE}/folder/${folderUid}/rule-groups/${encodeURIComponent(title)}`;
    await send("PUT", path, { title, folderUid, interval: 120, rules }, EDITABLE);
  };

  for (const point of CONTACT_POINTS) await send("POST", `${BASE}/contact-points`, point, EDITABLE);
  await send("POST", `${BASE}/mute-timings`, WEEKENDS, EDITABLE);
  await send("PUT", `${BASE}/templates/slack.title`, TEMPLATE, EDITABLE);
  await send("PUT", `${BASE}/policies`, POLICIES, EDITABLE);
  await putGroup("platform-services", "latency", [
    rule(
      "rule-slow",
      "Checkout is slow",
      "histogram_quantile(0.99, sum by (le) (rate(checkout_seconds_bucket[5m])))",
    ),
    rule("rule-errors", "Errors > 1 %", 'sum(rate(http_requests_total{status=~"5.."}[5m]))', {
      labels: { team: "platform", severity: "critical" },
      keep_firing_for: "10m",
    }),
  ]);
  await putGroup("projects-2026", "tasks / stuck", [
    rule("rule-stuck", "A task is blocked", 'sum(contextcore_tasks{status="blocked"})', { isPaused: true }),
  ]);
}

const WEEKENDS = {
  name: "weekends",
  time_intervals: [{ weekdays: ["saturday", "sunday"], location: "Europe/Berlin" }],
};

const TEMPLATE = {
  template: '{{ define "slack.title" }}[{{ .Status }}] {{ .CommonLabels.alertname }}{{ end }}',
};
