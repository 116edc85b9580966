/** Deletes dashboards, or a folder with everything in it, and keeps a copy of each. */
import { join, relative } from "node:path";
import type { Ending } from "../audit/format/event.ts";
import type { DashboardStore } from "../contract/contract.ts";
import { createCopies } from "../dashboards/copies.ts";
import { type Deleted, type DeletionPlan, deleteDashboards, planDeletion } from "../dashboards/delete.ts";
import { folderIdentity } from "../dashboards/unchanged.ts";
import { requireOwnDirectories } from "../storage/own-file.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { ownerOf, PLUGIN, storeOf } from "./dashboard-store.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

const params = {
  uid: { type: "positional", hint: "UID", repeatable: true, about: "the dashboards, by uid" },
  folder: {
    type: "value",
    hint: "FOLDER",
    about: "a folder with everything in it, by uid or by titles (Platform/Services)",
  },
  plugin: PLUGIN,
} as const;

/** What would be deleted, and where the copies go. */
export interface DashboardDeletion extends DeletionPlan {
  readonly name: string;
  readonly store: DashboardStore;
  /** A directory that `dashboards provision` can restore from. */
  readonly copies: string;
  /** The same path as the trail records it: relative to the project. */
  readonly copiesHere: string;
}

export const deleteDashboard = defineTask({
  kind: "delete_dashboard",
  about: "delete dashboards, or a folder of them, keeping a copy of each",
  params,
  opens: ownerOf,
  destructive: true,
  async plan({ uid: uids, folder }, setting): Promise<DashboardDeletion> {
    if (uids.length === 0 && folder === undefined)
      throw new UsageError("no dashboard is named", "give uids, or --folder; `dashboards list` shows them");
    const { name, store } = storeOf(setting);
    const selection = { uids, ...given({ folder }) };
    const plan = await planDeletion(store, selection, setting.signal);
    const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
    const copies = join(setting.config.directory, ".contextcore", "deleted-dashboards", stamp);
    return { ...plan, name, store, copies, copiesHere: relative(setting.config.directory, copies) };
  },
  targets: ({ dashboards, folders, hashes }) => [
    ...dashboards.map(({ uid, title }) => ({
      kind: "dashboard",
      name: `dashboard ${uid} (${title})`,
      identity: hashes.get(uid) ?? uid,
    })),
    ...folders.map((folder) => ({
      kind: "folder",
      name: `folder ${folder.uid} (${folder.title})`,
      identity: folderIdentity(folder),
    })),
  ],
  details: ({ name, copiesHere }) => ({ backend: name, copies: copiesHere }),
  async run(plan, { config, signal }: Running): Promise<Done<Deleted>> {
    requireOwnDirectories(join(config.directory, ".contextcore"), plan.copies);
    const { keep } = await createCopies(plan.copies, plan);
    const result = await deleteDashboards(plan.store, plan, { keep, signal });
    return { result, ending: endingOf(result, plan.copies) };
  },
});

function endingOf({ dashboards, folders, failed, stopped }: Deleted, exportPath: string): Ending {
  const done = dashboards.length + folders.length;
  const whole = failed.length === 0 && stopped === undefined;
  const nothing = stopped === undefined ? "failed" : "cancelled";
  const isPartly = done > 0 || (stopped?.unknown.length ?? 0) > 0;
  const details = {
    dashboards: dashboards.length,
    folders: folders.length,
    failed: failed.length,
    ...given({ error: stopped && messageOf(stopped.reason), unknown: stopped && [...stopped.unknown] }),
  };
  return { outcome: whole ? "success" : isPartly ? "partial" : nothing, details, exportPath };
}
