import { type CountRequest, type Counts, PluginError, v } from "contextcore";
import { PROVISIONING } from "./alerting.ts";
import { readDataSources } from "./data-sources.ts";
import { findDashboards } from "./find-dashboards.ts";
import { countLibraryPanels } from "./library-panels.ts";
import { searchAll } from "./search.ts";
import { readIfThere, type Server } from "./server.ts";

/**
 * What Grafana says it has: dashboards and folders by its search (folders are exported by walking the tree or as resources,
 * so this is another source), library panels by their total, rule groups by the provisioning export.
 */
export async function countObjects(
  { http }: Server,
  { match }: CountRequest,
  signal: AbortSignal,
): Promise<Counts> {
  const dashboards = (await findDashboards(http, match, signal)).length;
  if (match !== undefined) return { dashboards };
  const counts: [string, Promise<number>][] = [
    ["folders", searchAll(http, { type: "dash-folder" }, signal).then((hits) => hits.length)],
    ["data-sources", readDataSources(http, signal).then((rows) => rows.length)],
    ["library-panels", countLibraryPanels(http, signal)],
    ["rule-groups", countRuleGroups(http, signal)],
  ];
  const known = await Promise.all(
    counts.map(async ([unit, count]) => [unit, await countable(count)] as const),
  );
  const sure = known.filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { dashboards, ...Object.fromEntries(sure) };
}

const exportSchema = v.object({ groups: v.optional(v.nullable(v.array(v.unknown()))) });

async function countRuleGroups(http: Server["http"], signal: AbortSignal): Promise<number> {
  const path = `${PROVISIONING}/alert-rules/export`;
  const file = await readIfThere(http, exportSchema, { path, query: { format: "json" }, signal });
  return file?.groups?.length ?? 0;
}

/** What this account may not read is not counted either; the export says so. */
const countable = (count: Promise<number>): Promise<number | undefined> =>
  count.catch((error: unknown) => {
    if (error instanceof PluginError && error.status === 403) return undefined;
    throw error;
  });
