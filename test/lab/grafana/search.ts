import { type Account, seesDashboard, seesFolder } from "./access.ts";
import { json, list, refuse, slug, text } from "./reply.ts";
import { type Call, pageOf, queryNumber, type Routes, type Server } from "./router.ts";
import type { Dashboard, Fields, Folder } from "./store.ts";

const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 5000;

export const searchRoutes: Routes = { "GET /api/search": search };

function search({ query, account, server }: Call): Response {
  const limit = queryNumber(query, "limit");
  if (limit > MAX_LIMIT) {
    throw refuse(
      422,
      "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit",
    );
  }
  const type = query.get("type");
  const hits = [
    ...(type === "dash-db" ? [] : folderHits(server, account)),
    ...(type === "dash-folder" ? [] : dashboardHits(server, account)),
  ].filter((one) => asked(one, query));
  hits.sort((a, b) => (text(a.title) < text(b.title) ? -1 : 1));
  return json(pageOf(hits, limit || DEFAULT_LIMIT, queryNumber(query, "page")));
}

function asked(hit: Fields, query: URLSearchParams): boolean {
  const words = query.get("query")?.toLowerCase() ?? "";
  const tags = query.getAll("tag");
  const folders = query.getAll("folderUIDs").map((uid) => (uid === "general" ? "" : uid));
  return (
    text(hit.title).toLowerCase().includes(words) &&
    tags.every((tag) => list(hit.tags).includes(tag)) &&
    (folders.length === 0 || folders.includes(text(hit.folderUid)))
  );
}

const folderHits = ({ store }: Server, account: Account): Fields[] =>
  [...store.folders.values()]
    .filter((folder) => seesFolder(account, folder.uid))
    .map((folder) => ({
      ...common(folder, "dash-folder", `/dashboards/f/${folder.uid}/${slug(folder.title)}`),
      tags: [],
      ...inFolder(store.folders.get(folder.parentUid), account),
    }));

const dashboardHits = ({ store }: Server, account: Account): Fields[] =>
  [...store.dashboards.values()]
    .filter((dashboard) => seesDashboard(account, dashboard))
    .map((dashboard) => {
      const title = text(dashboard.spec.title);
      return {
        ...common({ ...dashboard, title }, "dash-db", `/d/${dashboard.uid}/${slug(title)}`),
        tags: list(dashboard.spec.tags),
        ...inFolder(store.folders.get(dashboard.folderUid), account),
      };
    });

const common = (
  one: Pick<Dashboard | Folder, "id" | "uid"> & { title: string },
  type: string,
  url: string,
) => ({
  id: one.id,
  orgId: 1,
  uid: one.uid,
  title: one.title,
  uri: `db/${slug(one.title)}`,
  url,
  slug: "",
  type,
  isStarred: false,
  sortMeta: 0,
  isDeleted: false,
});

/** A folder that may not be seen is named by its uid only. */
function inFolder(folder: Folder | undefined, account: Account): Fields {
  if (folder === undefined) return {};
  if (!seesFolder(account, folder.uid)) return { folderUid: folder.uid };
  const folderUrl = `/dashboards/f/${folder.uid}/${slug(folder.title)}`;
  return { folderId: folder.id, folderUid: folder.uid, folderTitle: folder.title, folderUrl };
}
