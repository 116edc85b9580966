import { v } from "contextcore";
import { create, EXISTING, exists, ownedBy, putBack } from "./restore-object.ts";
import { folderRequest } from "./write-requests.ts";

const folderSchema = v.object({
  uid: v.string(),
  title: v.string(),
  description: v.exactOptional(v.string()),
  parentUid: v.exactOptional(v.string()),
  managedBy: v.exactOptional(v.string()),
});

export const putBackFolder = putBack(folderSchema, async (restoring, folder) => {
  const { uid, managedBy } = folder;
  const isThere = () => exists(restoring, `/api/folders/${encodeURIComponent(uid)}`);
  if (await isThere()) return EXISTING;
  if (managedBy !== undefined && !restoring.managed) return ownedBy(managedBy);
  return create(restoring, {
    ...folderRequest(await restoring.server.world(restoring.signal), folder),
    isThere,
  });
});
