import { PluginError } from "contextcore";
import { readDraft } from "./dashboard-draft.ts";
import { create, EXISTING, exists, ownedBy, type PutBack, refused } from "./restore-object.ts";
import { dashboardRequest } from "./write-requests.ts";

/** A dashboard of either kind of file: what the old API takes, or a resource of the new one. */
export const putBackDashboard: PutBack = async (restoring, object, file) => {
  const draft = readDraft(object);
  const { uid } = draft;
  if (uid === undefined) throw new PluginError("invalid", `${file}: its dashboard has no uid`);
  const isThere = () => exists(restoring, `/api/dashboards/uid/${encodeURIComponent(uid)}`);
  if (await isThere()) return EXISTING;
  if (draft.managedBy !== undefined && !restoring.managed) return ownedBy(draft.managedBy);
  const world = await restoring.server.world(restoring.signal);
  try {
    const saving = { ...draft, uid, replaces: false, message: "Restored by contextcore" };
    return await create(restoring, { ...dashboardRequest(world, saving), isThere });
  } catch (error) {
    if (error instanceof PluginError && error.status === undefined && error.kind === "invalid")
      return refused(error.message);
    throw error;
  }
};
