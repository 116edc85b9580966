import { PluginError, v } from "contextcore";
import { dangling } from "../dangling.ts";
import { creation, readDashboard, replacement } from "../dashboard-calls.ts";
import { readDraft } from "../dashboard-draft.ts";
import { asObject, asText, type Fields, objectIn } from "../json.ts";
import { type ObjectKind, readOne } from "../kind.ts";
import { findDashboards, findSomeDashboards, splitSearch } from "../lists.ts";
import { putInPlace } from "../put.ts";
import { describedIn } from "../references.ts";
import { orAbsent } from "../server.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";
import { libraryPanels } from "./library-panels.ts";

/** Dashboards: found by Grafana's search, and read one by one. */
export const dashboards: ObjectKind = {
  name: "dashboard",
  plural: "dashboards",
  singular: "dashboard",
  unit: "dashboards",
  folder: "dashboards",
  needs: [folders, dataSources, libraryPanels],
  count: async (reading) => (await findDashboards(reading)).length,
  note: (world) =>
    world.dashboards === undefined
      ? "/api/dashboards/uid"
      : "/apis/dashboard.grafana.app, each in the version it is stored in",

  async list(reading, cursor) {
    const { hits, next, problems } = await findSomeDashboards(reading, cursor);
    const items = hits.map(({ uid, title, folderUid, folderTitle }) => ({
      uid,
      title,
      folderUid,
      folderTitle,
      cursor: { uid, title },
    }));
    return { items, next, problems };
  },
  split: (server, cursor) => splitSearch(server, cursor, { type: "dash-db", name: "dashboard" }),

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

  place: (server) => async (object) => {
    const { uid = "" } = readDraft(object);
    const held = await orAbsent(readDashboard(server, uid));
    return held && objectIn(held.uid, held.text);
  },

  plain(object) {
    const { content, folderUid, schema = "", attached = {} } = readDraft(object);
    const { title, ...rest } = content;
    return {
      title: asText(title).trim(),
      ...rest,
      "its folder": folderUid,
      "its schema": schema.startsWith("v2") ? "v2" : "v1",
      "its labels": ofPeople(attached.labels),
      "its annotations": ofPeople(attached.annotations),
    };
  },

  /** A file of either kind: what the old API takes, or a resource of the new one. */
  async put(restoring, object, file) {
    const draft = readDraft(object);
    const { uid } = draft;
    if (uid === undefined) throw new PluginError("invalid", `${file}: its dashboard has no uid`);
    const saving = { ...draft, uid, replaces: false, message: "Restored by contextcore" };
    return putInPlace(restoring, dashboards, object, {
      owner: draft.managedBy,
      create: () => creation(restoring, saving),
      replace: async () => [await replacement(restoring, saving)],
    });
  },
};

/** Grafana's own labels and annotations say who saved it, and when. */
const ofPeople = (attached: unknown): Fields =>
  Object.fromEntries(
    Object.entries(asObject(attached)).filter(([name]) => !name.split("/")[0]?.endsWith("grafana.app")),
  );
