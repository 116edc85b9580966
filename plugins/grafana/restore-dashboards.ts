import { v } from "contextcore";
import {
  create,
  EXISTING,
  exists,
  type Outcome,
  ownedBy,
  type PutBack,
  putBack,
  type Restoring,
  refused,
} from "./restore-object.ts";
import { asText, type Fields, objectSchema, resourcePath, without } from "./server.ts";

const classicSchema = v.object({
  folderUid: v.optional(v.string(), ""),
  meta: v.optional(v.object({ provisioned: v.optional(v.boolean()) })),
  dashboard: v.looseObject({ uid: v.string(), title: v.string() }),
});

const resourceSchema = v.object({
  apiVersion: v.pipe(v.string(), v.startsWith("dashboard.grafana.app/")),
  metadata: v.looseObject({ name: v.string(), annotations: v.optional(objectSchema, {}) }),
  spec: objectSchema,
});

const FROM_FILE = "Grafana's file provisioning";

/** A dashboard of either kind of file: what the old API takes, or a resource of the new one. */
export const putBackDashboard: PutBack = (restoring, object, file) =>
  "apiVersion" in object ? putBackResource(restoring, object, file) : putBackClassic(restoring, object, file);

const putBackClassic = putBack(classicSchema, async (restoring, { dashboard, folderUid, meta }) => {
  if (await isThere(restoring, dashboard.uid)) return EXISTING;
  if (meta?.provisioned === true && !restoring.managed) return ownedBy(FROM_FILE);
  return saveClassic(restoring, dashboard, folderUid);
});

const isThere = (restoring: Restoring, uid: string): Promise<boolean> =>
  exists(restoring, `/api/dashboards/uid/${encodeURIComponent(uid)}`);

const saveClassic = (restoring: Restoring, dashboard: Fields, folderUid: string): Promise<Outcome> =>
  create(restoring, {
    path: "/api/dashboards/db",
    json: { dashboard: { ...dashboard, id: null }, folderUid, message: "Restored by contextcore" },
  });

const MANAGER = /^grafana\.app\/(manag|source)/;

const putBackResource = putBack(resourceSchema, async (restoring, { apiVersion, metadata, spec }) => {
  const { name, annotations } = metadata;
  if (await isThere(restoring, name)) return EXISTING;
  const manager = asText(annotations["grafana.app/managedBy"]);
  if (manager !== "" && !restoring.managed) return ownedBy(manager);
  const version = apiVersion.split("/")[1] ?? "";
  const world = await restoring.server.world(restoring.signal);
  if (world.dashboards?.versions.includes(version)) {
    const path = resourcePath(world, "dashboard", version, "dashboards");
    const plain = without(annotations, ...Object.keys(annotations).filter((key) => MANAGER.test(key)));
    const json = { apiVersion, kind: "Dashboard", metadata: { ...metadata, annotations: plain }, spec };
    return create(restoring, { path, json });
  }
  if (version.startsWith("v2"))
    return refused(`This Grafana does not know dashboards of version ${version}.`);
  return saveClassic(restoring, { ...spec, uid: name }, asText(annotations["grafana.app/folder"]));
});
