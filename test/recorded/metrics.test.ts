/** Exports against what a Mimir of several versions answered: every bit of every sample that was pushed. */
import { expect, test } from "bun:test";
import mimir from "../../plugins/mimir/index.ts";
import { contentOf, seriesOfLine } from "../plugins/mimir/support.ts";
import { linesOf } from "./exported.ts";
import { RULES } from "./pushed-metrics.ts";
import { exported } from "./replayed.ts";

const servers = mimir.tried?.filter((server) => server.startsWith("Mimir")) ?? [];

test("an older one and a newer one were tried", () => expect(servers.length).toBe(2));

test.each(servers)("%s: every sample as it was pushed, and the rules", async (server) => {
  const { session, files, claims, inventory } = await exported(server);
  const series = session.pushed.map((line) => seriesOfLine(String(line)));
  expect(contentOf(linesOf(files, "metrics.json").map(seriesOfLine))).toEqual(contentOf(series));
  const points = series.flatMap((one) => one.points).length;
  expect(claims?.counts).toMatchObject({ samples: points - 1, stale: 1, rules: 1 });
  const [[namespace, group] = ["", ""]] = Object.entries(RULES);
  expect([...files].filter(([path]) => path.startsWith("mimir/rules/"))).toEqual([
    ["mimir/rules/team a _ x/slow group.yaml", `# namespace: ${JSON.stringify(namespace)}\n${group}`],
  ]);
  expect(inventory.serverVersion).toBe(server);
  expect(inventory.newest).toBeLessThanOrEqual(session.clock);
  expect(inventory.warnings).toEqual([]);
});
