import { v } from "contextcore";
import { create, EXISTING, exists, ownedBy, putBack } from "./restore-object.ts";
import { resourcePath } from "./server.ts";

const folderSchema = v.object({
  uid: v.string(),
  title: v.string(),
  description: v.optional(v.string()),
  parentUid: v.optional(v.string()),
  managedBy: v.optional(v.string()),
});

/** Through the new API where there is one: the old one does not take a description. */
export const putBackFolder = putBack(folderSchema, async (restoring, folder) => {
  const { uid, title, description, parentUid, managedBy } = folder;
  if (await exists(restoring, `/api/folders/${encodeURIComponent(uid)}`)) return EXISTING;
  if (managedBy !== undefined && !restoring.managed) return ownedBy(managedBy);
  const world = await restoring.server.world(restoring.signal);
  if (world.folders === undefined)
    return create(restoring, { path: "/api/folders", json: { uid, title, parentUid, description } });
  const annotations = parentUid === undefined ? {} : { "grafana.app/folder": parentUid };
  const json = {
    apiVersion: `folder.grafana.app/${world.folders}`,
    kind: "Folder",
    metadata: { name: uid, annotations },
    spec: { title, ...(description === undefined ? {} : { description }) },
  };
  return create(restoring, { path: resourcePath(world, "folder", world.folders, "folders"), json });
});
