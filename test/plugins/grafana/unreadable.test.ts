/** A list that Grafana fails at costs what it lists, and nothing else. */
import { afterAll, afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { EXPORT } from "../../../src/results/export.ts";
import { INVENTORY } from "../../../src/results/inventory.ts";
import { startLab } from "../../lab/lab.ts";
import { run } from "../../support/binary.ts";
import { parsedAs } from "../../support/printed.ts";
import { labProject } from "../../support/project.ts";

setDefaultTimeout(120_000);

const lab = await startLab();
afterAll(() => lab.stop());
afterEach(() => lab.faults.grafana.clear());

const stack = () => labProject(lab, { only: ["grafana"] });

async function exported(...args: readonly string[]) {
  const { stdout, stderr, exitCode } = await run(["export", "--json", ...args], { cwd: stack() });
  const { backends } = parsedAs(EXPORT, stdout);
  const [grafana] = backends;
  if (grafana === undefined) throw new Error(`nothing of grafana: ${stderr}`);
  return { exitCode, ...grafana };
}

/** What is exported when nothing is wrong. */
const WHOLE = (await exported()).counts;

/** Each with the other lists of the same. */
const LISTS: readonly (readonly [string, string, string])[] = [
  ["/api/library-elements\\?", "library panels", "library-panels"],
  ["/api/(datasources|frontend/settings)$", "data sources", "data-sources"],
  ["/api/annotations\\?", "annotations", "annotations"],
  ["/api/(v1/provisioning/alert-rules$|ruler/)", "alert rules", "rule-groups"],
  ["/folders\\?|type=dash-folder", "folders", "folders"],
];

test.each([
  ["one list", LISTS.slice(0, 1)],
  ["five lists", LISTS],
])("%s that answers 500: it is named, all else is saved", async (_, lists) => {
  for (const [path] of lists) lab.faults.grafana.add({ kind: "status", status: 500, path });
  const { exitCode, status, counts, problems } = await exported();
  expect({ exitCode, status }).toEqual({ exitCode: 3, status: "partial" });
  const lost = [...lists.map(([, , unit]) => unit), "provisioning-files"];
  const others = Object.entries(WHOLE).filter(([unit]) => !lost.includes(unit));
  expect(counts).toMatchObject(Object.fromEntries(others));
  for (const [, plural, unit] of lists) {
    expect(WHOLE[unit]).toBeGreaterThan(0);
    expect(counts[unit] ?? 0).toBe(0);
    const problem = { kind: "incomplete", items: [`the list of ${plural}`] };
    expect(problems).toContainEqual(expect.objectContaining(problem));
  }
});

test("with a selector a list that is not asked for costs nothing", async () => {
  for (const [path] of LISTS.slice(0, 4)) lab.faults.grafana.add({ kind: "status", status: 500, path });
  const { exitCode, status, counts } = await exported("--match", "grafana=kind=dashboard");
  expect({ exitCode, status }).toEqual({ exitCode: 0, status: "complete" });
  expect(counts.dashboards).toBe(WHOLE.dashboards);
});

test("the inventory counts what it can, and says what it cannot", async () => {
  lab.faults.grafana.add({ kind: "status", status: 500, path: "/api/library-elements" });
  lab.faults.grafana.add({ kind: "status", status: 500, path: "/api/annotations" });
  const { stdout } = await run(["inventory", "--json"], { cwd: stack() });
  const { backends, warnings: told } = parsedAs(INVENTORY, stdout);
  const [found] = backends;
  expect(found).toMatchObject({ state: "reached", counts: { dashboards: WHOLE.dashboards } });
  const warnings = told.map(({ message }) => message).join("\n");
  expect(warnings).toMatch(/could not be looked at.*\/api\/library-elements answered 500/);
  expect(warnings).toMatch(/could not be looked at.*\/api\/annotations answered 500/);
});
