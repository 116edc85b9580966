import type { DashboardStore } from "contextcore";
import { type ProvisionPlan, planProvision } from "../../src/dashboards/plan-provision.ts";
import { type Provisioned, provisionDashboards } from "../../src/dashboards/provision.ts";
import { readDirectory } from "../../src/dashboards/read-directory.ts";
import { NEVER, open } from "../plugins/grafana/support.ts";

/** The store of a running Grafana, as a command gets it. */
export async function storeOf(grafana: { url: string }, options = {}): Promise<DashboardStore> {
  const { dashboards } = (await open(grafana, options)).backend;
  if (dashboards === undefined) throw new Error("grafana keeps no dashboards");
  return dashboards;
}

/** What provisioning the directory would do. */
export async function planFor(store: DashboardStore, directory: string): Promise<ProvisionPlan> {
  return planProvision(store, await readDirectory(directory, store), NEVER);
}

/** Plans it, and carries the plan out. */
export async function provision(store: DashboardStore, directory: string): Promise<Provisioned> {
  return provisionDashboards(store, await planFor(store, directory), NEVER);
}

/** What a provisioning did, in one line. */
export const summary = ({ folders, dashboards, left, failed }: Provisioned): string =>
  [
    `folders ${folders.created}+ ${folders.renamed}~ ${folders.unchanged}=`,
    `dashboards ${dashboards.created}+ ${dashboards.updated}~ ${dashboards.unchanged}=`,
    `left ${left.length}`,
    `failed ${failed.length}`,
  ].join(", ");

/** A plain dashboard file. */
export const model = (uid: string | undefined, title: string, more: object = {}): string =>
  JSON.stringify({ ...(uid === undefined ? {} : { uid }), title, panels: [], schemaVersion: 42, ...more });
