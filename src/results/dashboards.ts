import * as v from "valibot";
import type { Deleted } from "../dashboards/delete.ts";
import type { ExportedDashboards } from "../dashboards/export.ts";
import type { ListedDashboard } from "../dashboards/listing.ts";
import type { Provisioned } from "../dashboards/provision.ts";
import { absolutePath, undoneJson, undoneSchema } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const dashboardSchema = v.object({
  uid: v.string(),
  title: v.string(),
  folder: v.pipe(v.array(v.string()), v.description("titles from the root down; empty at the root")),
  tags: v.array(v.string()),
  url: v.optional(v.string()),
});

const unknownOf = (what: string) =>
  v.optional(
    v.pipe(v.array(v.string()), v.description(`it was interrupted; whether these were ${what} is unknown`)),
  );

export const DASHBOARDS_LIST = defineResult({
  name: "dashboards.list",
  version: 1,
  about: "every dashboard, by folder and title",
  schema: v.object({ dashboards: v.array(dashboardSchema) }),
});

/** Every dashboard. */
export const dashboardsJson = (
  all: readonly ListedDashboard[],
): ValueOf<typeof DASHBOARDS_LIST>["dashboards"] =>
  all.map(({ uid, title, folder, tags, url }) => ({ uid, title, folder, tags, url }));

export const DASHBOARDS_DELETE = defineResult({
  name: "dashboards.delete",
  version: 1,
  about: "what was deleted, or would be",
  schema: v.object({
    deleted: v.boolean(),
    dashboards: v.array(dashboardSchema),
    folders: v.array(v.object({ uid: v.string(), title: v.string() })),
    failed: v.array(undoneSchema),
    interrupted: unknownOf("deleted"),
    copies: v.optional(
      v.pipe(v.string(), v.description("the directory with a copy of each; provision puts them back")),
    ),
  }),
});

/** @param copies absent: nothing was carried out */
export const deletedJson = (
  { dashboards, folders, failed, stopped }: Deleted,
  copies?: string,
): ValueOf<typeof DASHBOARDS_DELETE> => ({
  deleted: copies !== undefined && (stopped === undefined || dashboards.length + folders.length > 0),
  dashboards: dashboardsJson(dashboards),
  folders: folders.map(({ uid, title }) => ({ uid, title })),
  failed: undoneJson(failed),
  interrupted: stopped?.unknown,
  copies,
});

export const DASHBOARDS_EXPORT = defineResult({
  name: "dashboards.export",
  version: 1,
  about: "the directory that was written",
  schema: v.object({
    directory: absolutePath,
    dashboardsTotal: v.number(),
    foldersTotal: v.number(),
    failed: v.array(undoneSchema),
  }),
});

/** What was written. */
export const exportedJson = (
  directory: string,
  { dashboards, folders, failed }: ExportedDashboards,
): ValueOf<typeof DASHBOARDS_EXPORT> => ({
  directory,
  dashboardsTotal: dashboards,
  foldersTotal: folders,
  failed: undoneJson(failed),
});

const counts = { createdTotal: v.number(), unchangedTotal: v.number() };

export const DASHBOARDS_PROVISION = defineResult({
  name: "dashboards.provision",
  version: 1,
  about: "what was written, or would be",
  schema: v.object({
    source: v.string(),
    dryRun: v.boolean(),
    dashboardCounts: v.object({ ...counts, updatedTotal: v.number() }),
    folderCounts: v.object({ ...counts, renamedTotal: v.number() }),
    left: v.array(undoneSchema),
    failed: v.array(undoneSchema),
    warned: v.pipe(v.array(undoneSchema), v.description("what exists, but not as intended")),
    interrupted: unknownOf("written"),
  }),
});

/** What was done, or with `dryRun` what would be. */
export const provisionedJson = (
  source: string,
  dryRun: boolean,
  { folders, dashboards, left, failed, warned = [], stopped }: Provisioned,
): ValueOf<typeof DASHBOARDS_PROVISION> => ({
  source,
  dryRun,
  dashboardCounts: {
    createdTotal: dashboards.created,
    updatedTotal: dashboards.updated,
    unchangedTotal: dashboards.unchanged,
  },
  folderCounts: {
    createdTotal: folders.created,
    renamedTotal: folders.renamed,
    unchangedTotal: folders.unchanged,
  },
  left: undoneJson(left),
  failed: undoneJson(failed),
  warned: undoneJson(warned),
  interrupted: stopped?.unknown,
});
