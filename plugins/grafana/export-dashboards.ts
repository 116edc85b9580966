import { type Cursor, type Step, v } from "contextcore";
import { dangling } from "./dangling.ts";
import { readDashboard } from "./dashboard-file.ts";
import { findDashboards } from "./find-dashboards.ts";
import { directoryOf, filePaths, readFolderPaths } from "./paths.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

/** Lists the dashboards. @param match the selector that was asked for; all without one */
export const dashboardsCursor = (match: string | undefined): Cursor => ({
  kind: "dashboards",
  ...(match === undefined ? {} : { match }),
});

/** Lists all dashboards and gives one cursor for each, with the path of its file. */
export const exportDashboards: ReadStep = stepOf(
  { match: v.optional(v.string()) },
  (server, { match }, signal) =>
    tolerant("dashboards", async () => {
      const hits = await findDashboards(server.http, match, signal);
      const directories = await readFolderPaths(server.http, signal);
      const paths = filePaths(
        "dashboards",
        hits.map((hit) => ({
          ...hit,
          directory: directoryOf(directories, hit.folderUid, hit.folderTitle),
        })),
      );
      return {
        next: hits.map(({ uid, title }) => ({ kind: "dashboard", uid, title, path: paths.get(uid) ?? "" })),
      };
    }),
);

/** One dashboard, and what it refers to that this Grafana does not have. */
export const exportDashboard: ReadStep = stepOf(
  { uid: v.string(), title: v.string(), path: v.string() },
  (server, { uid, title, path }, signal) => {
    const item = `${title} (${uid})`;
    const step = async (): Promise<Step> => {
      const { text, content, problems } = await readDashboard(server, uid, signal);
      return {
        objects: [{ path, text, unit: "dashboards" }],
        problems: [
          ...problems,
          ...(await dangling(server.http, { what: "Dashboards", item, content }, signal)),
        ],
      };
    };
    return tolerant("dashboards", step, item);
  },
);
