/** Makes the dashboards on a server match a directory of files. */
import { resolve } from "node:path";
import type { Ending } from "../audit/format/event.ts";
import type { DashboardStore } from "../contract/contract.ts";
import { builtinSource } from "../dashboards/builtin.ts";
import { type ProvisionPlan, planProvision } from "../dashboards/plan-provision.ts";
import { type Provisioned, provisionDashboards } from "../dashboards/provision.ts";
import { readDirectory } from "../dashboards/read-directory.ts";
import { folderIdentity } from "../dashboards/unchanged.ts";
import { messageOf } from "../units/message-of.ts";
import { ownerOf, PLUGIN, storeOf } from "./dashboard-store.ts";
import { defineTask } from "./task/task.ts";

const params = {
  directory: {
    type: "positional",
    hint: "DIRECTORY",
    complete: "directories",
    local: true,
    about: "a directory of dashboard files (default: contextcore's own dashboards)",
  },
  plugin: PLUGIN,
} as const;

/** What would be written. */
export interface Provisioning extends ProvisionPlan {
  /** The directory as the user named it, or the label of contextcore's own dashboards. */
  readonly source: string;
  readonly store: DashboardStore;
}

const BUILT_IN = "contextcore's own dashboards";

export const provision = defineTask({
  kind: "provision",
  about: "make the server's dashboards match a directory of files; subdirectories become folders",
  params,
  opens: ownerOf,
  destructive: true,
  async plan({ directory }, setting): Promise<Provisioning> {
    const { store } = storeOf(setting);
    const source =
      directory === undefined
        ? await builtinSource(store)
        : await readDirectory(resolve(setting.directory, directory), store);
    const plan = await planProvision(store, source, setting.signal);
    return { ...plan, source: directory ?? BUILT_IN, store };
  },
  targets: ({ folders, dashboards }) => [
    ...folders.flatMap(({ action, path, folder, before }) =>
      action === "keep"
        ? []
        : [
            {
              kind: "folder",
              name: `folder ${path}`,
              identity: before ? folderIdentity(before) : folder.uid,
            },
          ],
    ),
    ...dashboards.flatMap((step) =>
      step.action === "create" || step.action === "update"
        ? [
            {
              kind: "dashboard",
              name: `dashboard ${step.dashboard.uid}`,
              identity: step.hash ?? step.dashboard.uid,
            },
          ]
        : [],
    ),
  ],
  details: ({ source }) => ({ source }),
  async run(plan, { signal }) {
    const result = await provisionDashboards(plan.store, plan, signal);
    return { result, ending: endingOf(result, plan.source) };
  },
});

function endingOf({ dashboards, folders, failed, stopped }: Provisioned, source: string): Ending {
  const details = { source, dashboards, folders, failed: failed.length };
  if (stopped === undefined) return { outcome: failed.length === 0 ? "success" : "partial", details };
  const { created, updated } = dashboards;
  const written = created + updated + folders.created + folders.renamed + stopped.unknown.length;
  const why = { error: messageOf(stopped.reason), unknown: [...stopped.unknown] };
  return { outcome: written > 0 ? "partial" : "cancelled", details: { ...details, ...why } };
}
