/** The dashboards that the program brings: whole, consistent, and with queries that the servers understand. */
import { describe, expect, test } from "bun:test";
import { v } from "contextcore";
import { builtinSource } from "../../src/dashboards/builtin.ts";
import { planProvision } from "../../src/dashboards/plan-provision.ts";
import { provisionDashboards } from "../../src/dashboards/provision.ts";
import { NEVER, startGrafana } from "../plugins/grafana/support.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { storeOf, summary } from "./support.ts";

const gridSchema = v.object({ x: v.number(), y: v.number(), w: v.number(), h: v.number() });
const sourceSchema = v.object({ type: v.string(), uid: v.string() });
const targetSchema = v.object({
  refId: v.string(),
  datasource: sourceSchema,
  expr: v.optional(v.string()),
  query: v.optional(v.string()),
});
const panelSchema = v.object({
  id: v.number(),
  type: v.string(),
  title: v.pipe(v.string(), v.minLength(1)),
  description: v.optional(v.string(), ""),
  datasource: v.optional(sourceSchema),
  targets: v.optional(v.array(targetSchema), []),
  gridPos: gridSchema,
  fieldConfig: v.optional(v.object({ defaults: v.looseObject({ unit: v.optional(v.string()) }) })),
});
const dashboardSchema = v.object({
  title: v.string(),
  description: v.pipe(v.string(), v.minLength(20)),
  tags: v.array(v.string()),
  panels: v.array(panelSchema),
  templating: v.object({
    list: v.array(v.looseObject({ name: v.string(), type: v.string(), query: v.unknown() })),
  }),
});

const drafts = await (async () => {
  await using grafana = await startGrafana();
  return (await builtinSource(await storeOf(grafana))).dashboards;
})();
const dashboards = drafts.map(({ draft }) => ({
  uid: draft.uid,
  ...v.parse(dashboardSchema, draft.content),
}));

/** What Grafana itself puts into queries. */
const GRAFANAS_OWN = new Set(["__rate_interval", "__range", "__auto", "__all"]);

describe.each(dashboards.map((one) => [one.title, one] as const))(
  "%s",
  (_, { uid, tags, panels, templating }) => {
    const variables = new Map(templating.list.map((one) => [one.name, one]));
    const charts = panels.filter(({ type }) => type !== "row");

    test("it says what it is, and each panel what it shows", () => {
      expect(uid).toStartWith("contextcore-");
      expect(tags).toEqual(["contextcore"]);
      expect(charts.length).toBeGreaterThan(5);
      expect(charts.filter(({ description }) => description.length < 15).map(({ title }) => title)).toEqual(
        [],
      );
    });

    test("panels lie side by side, in the grid, each with an id of its own", () => {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
    });

    test("every data source is chosen by a variable of its own type", () => {
      for (const { datasource, targets } of charts) {
        expect(targets.length).toBeGreaterThan(0);
        for (const one of [datasource, ...targets.map((target) => target.datasource)]) {
          const [, name = ""] = /^\$\{(\w+)\}$/.exec(one?.uid ?? "") ?? [];
          expect(variables.get(name)).toMatchObject({ type: "datasource", query: one?.type ?? "" });
        }
      }
    });

    test("every variable in a query is declared, and every declared one is used", () => {
      const text = JSON.stringify({ panels, list: templating.list });
      const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name = ""]) => name));
      const unknown = [...used].filter(
        (name) => !variables.has(name) && !GRAFANAS_OWN.has(name) && name !== "__field",
      );
      expect(unknown).toEqual([]);
      expect([...variables.keys()].filter((name) => !used.has(name))).toEqual([]);
    });

    test("numbers have units", () => {
      const numeric = charts.filter(({ type }) => ["stat", "timeseries", "bargauge"].includes(type));
      expect(
        numeric.filter(({ fieldConfig }) => !fieldConfig?.defaults.unit).map(({ title }) => title),
      ).toEqual([]);
    });
  },
);

/** With Grafana's own variables filled in as Grafana does. */
const filledIn = (query: string): string =>
  query
    .replaceAll("$__rate_interval", "5m")
    .replaceAll("$__range", "1h")
    .replaceAll("$__auto", "1m")
    .replace(/\$\w+/g, ".*");

const queriesOf = (type: string): string[] =>
  dashboards
    .flatMap(({ panels }) => panels.flatMap(({ targets }) => targets))
    .filter(({ datasource }) => datasource.type === type)
    .map(({ expr = "", query = "" }) => filledIn(expr || query));

test("a real Prometheus understands every metrics query", async () => {
  const { url, stop } = await startPrometheus();
  const queries = queriesOf("prometheus");
  expect(queries.length).toBeGreaterThan(20);
  const refused: string[] = [];
  for (const query of queries) {
    const answer = await fetch(`${url}/api/v1/query`, {
      method: "POST",
      body: new URLSearchParams({ query }),
    });
    if (!answer.ok) refused.push(`${query}: ${await answer.text()}`);
  }
  await stop();
  expect(refused).toEqual([]);
}, 30_000);

test("provisioned, they are there; provisioned again, nothing changes", async () => {
  await using grafana = await startGrafana({ seed: 1 });
  const store = await storeOf(grafana);
  const run = async (): Promise<string> =>
    summary(
      await provisionDashboards(store, await planProvision(store, await builtinSource(store), NEVER), NEVER),
    );
  expect(await run()).toBe("folders 1+ 0~ 0=, dashboards 4+ 0~ 0=, left 0, failed 0");
  expect(await run()).toBe("folders 0+ 0~ 1=, dashboards 0+ 0~ 4=, left 0, failed 0");
  expect(grafana.face.store.dashboards.get("contextcore-audit")?.folderUid).toBe("contextcore");
});
