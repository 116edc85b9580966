/** The lab's Grafana answers in the shapes of the published models, and nothing that contextcore reads is invented. */
import { afterAll, describe, expect, test } from "bun:test";
import { v } from "contextcore";
import { type JsonType, MODELS, type Model } from "./openapi.ts";
import { startGrafana } from "./support.ts";

const grafana = await startGrafana({ seed: 1, quotas: { org_dashboard: 100 } });
afterAll(() => grafana[Symbol.asyncDispose]());

interface Answer {
  readonly path: string;
  /** The fields that lead to the model in the answer. */
  readonly at?: readonly string[];
}

/** Where each model is answered. */
const ANSWERS: Readonly<Record<keyof typeof MODELS, Answer>> = {
  HealthResponse: { path: "/api/health" },
  Hit: { path: "/api/search" },
  FolderSearchHit: { path: "/api/folders?parentUid=platform" },
  Folder: { path: "/api/folders/platform-nord" },
  DashboardFullWithMeta: { path: "/api/dashboards/uid/svc-checkout" },
  DashboardMeta: { path: "/api/dashboards/uid/node-exporter", at: ["meta"] },
  DataSourceListItemDTO: { path: "/api/datasources" },
  DataSource: { path: "/api/datasources/uid/billing-db" },
  ProvisionedAlertRule: { path: "/api/v1/provisioning/alert-rules" },
  AlertRuleGroup: { path: "/api/v1/provisioning/folder/platform-services/rule-groups/latency" },
  AlertingFileExport: { path: "/api/v1/provisioning/alert-rules/export?format=json" },
  EmbeddedContactPoint: { path: "/api/v1/provisioning/contact-points" },
  Route: { path: "/api/v1/provisioning/policies" },
  MuteTimeInterval: { path: "/api/v1/provisioning/mute-timings" },
  NotificationTemplate: { path: "/api/v1/provisioning/templates" },
  LibraryElementSearchResponse: { path: "/api/library-elements" },
  LibraryElementSearchResult: {
    path: "/api/library-elements",
    at: ["result"],
  },
  LibraryElementDTO: {
    path: "/api/library-elements",
    at: ["result", "elements"],
  },
  Annotation: { path: "/api/annotations?limit=1000" },
  Playlist: { path: "/api/playlists" },
  QuotaDTO: { path: "/api/org/quotas" },
};

async function get(path: string): Promise<unknown> {
  const answer = await fetch(`${grafana.url}${path}`);
  expect(answer.status).toBe(200);
  return answer.json();
}

const inside = (value: unknown, field: string): unknown =>
  v.parse(v.record(v.string(), v.unknown()), value)[field];

const rowsOf = (value: unknown): Record<string, unknown>[] =>
  v.parse(v.array(v.record(v.string(), v.unknown())), [value].flat());

const fits = (value: unknown, type: JsonType): boolean => {
  if (type === "any") return true;
  if (type === "array") return Array.isArray(value);
  // Go leaves out what is empty, and writes null where a pointer is.
  if (value === null) return true;
  return typeof value === type && !Array.isArray(value);
};

describe.each(Object.entries<Model>(MODELS))("%s", (name, { fields, reads }) => {
  test("what contextcore reads is in the published model", () => {
    expect(reads.filter((field) => !(field in fields))).toEqual([]);
  });

  test("the lab answers with fields of the model, of its types", async () => {
    const { path, at = [] } = Object.entries(ANSWERS).find(([model]) => model === name)?.[1] ?? { path: "" };
    const rows = rowsOf(at.reduce(inside, await get(path)));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(Object.keys(row).filter((field) => !(field in fields))).toEqual([]);
      for (const [field, value] of Object.entries(row))
        expect([field, value, fits(value, fields[field] ?? "any")]).toEqual([field, value, true]);
    }
    const optional = new Set(["provenance", "managedBy", "parentUid", "folderUid", "folderTitle"]);
    for (const field of reads.filter((one) => !optional.has(one)))
      expect(rows.some((row) => field in row) || `${field} is in no answer`).toBe(true);
  });
});

test("the list of data sources tells nothing of secrets; one by itself tells their names", async () => {
  const list = await fetch(`${grafana.url}/api/datasources`).then((answer) => answer.text());
  expect(list).not.toContain("secureJsonFields");
  const one = await fetch(`${grafana.url}/api/datasources/uid/billing-db`).then((answer) => answer.text());
  expect(one).toContain('"secureJsonFields":{"password":true,"basicAuthPassword":true}');
  expect(list + one).not.toContain("s3cret");
});

test("limits and pages are the real server's", async () => {
  const status = async (path: string): Promise<number> => (await fetch(`${grafana.url}${path}`)).status;
  expect(await status("/api/search?limit=5001")).toBe(422);
  expect(await status("/api/search?limit=5000")).toBe(200);
  expect(await status("/api/nothing")).toBe(404);
  const rows = async (path: string) => rowsOf(await get(path));
  expect(await rows("/api/search?limit=3&page=2")).toHaveLength(3);
  expect(await rows("/api/annotations?limit=5")).toHaveLength(5);
});
