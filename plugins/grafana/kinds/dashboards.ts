import { PluginError, v } from "contextcore";
import { dangling } from "../dangling.ts";
import { dashboardRequest, readDashboard } from "../dashboard-calls.ts";
import { readDraft } from "../dashboard-draft.ts";
import { asText } from "../json.ts";
import { type ObjectKind, readOne } from "../kind.ts";
import { findDashboards } from "../lists.ts";
import { exists, putMissing } from "../put.ts";
import { describedIn } from "../references.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";
import { libraryPanels } from "./library-panels.ts";

export const dashboards: ObjectKind = {
  name: "dashboard",
  plural: "dashboards",
  unit: "dashboards",
  folder: "dashboards",
  needs: [folders, dataSources, libraryPanels],
  count: async (reading) => (await findDashboards(reading)).length,
  note: (world) =>
    world.dashboards === undefined
      ? "/api/dashboards/uid"
      : "/apis/dashboard.grafana.app, each in the version it is stored in",

  list: async (reading) => ({
    items: (await findDashboards(reading)).map(({ uid, title, folderUid, folderTitle }) => ({
      uid,
      title,
      folderUid,
      folderTitle,
      cursor: { uid, title },
    })),
  }),

  one: readOne(
    "dashboard",
    { uid: v.string(), title: v.string() },
    {
      label: ({ uid, title }) => `${title} (${uid})`,
      async read(server, { uid, title }) {
        const { text, content, problems } = await readDashboard(server, uid);
        const referring = { what: "Dashboards", item: `${title} (${uid})`, content };
        return { text, problems: [...problems, ...(await dangling(server, referring))] };
      },
    },
  ),

  describe(object) {
    const { uid = "", title, content, folderUid } = readDraft(object);
    const tags = Array.isArray(content.tags) ? content.tags.map(asText) : [];
    return { ...describedIn(folderUid, { uid, title, content }), tags };
  },

  /** A file of either kind: what the old API takes, or a resource of the new one. */
  async put(restoring, object, file) {
    const draft = readDraft(object);
    const { uid } = draft;
    if (uid === undefined) throw new PluginError("invalid", `${file}: its dashboard has no uid`);
    const world = await restoring.world();
    const saving = { ...draft, uid, replaces: false, message: "Restored by contextcore" };
    return putMissing(restoring, {
      isThere: () => exists(restoring, `/api/dashboards/uid/${encodeURIComponent(uid)}`),
      owner: draft.managedBy,
      request: () => dashboardRequest(world, saving),
    });
  },
};
