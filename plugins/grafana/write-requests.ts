/** The calls that create folders and dashboards, through whichever API keeps more of them. */
import { type DashboardFolder, type PlacedDashboard, PluginError } from "contextcore";
import { FOLDER } from "./dashboard-draft.ts";
import { asObject, resourcePath, type World, without } from "./server.ts";

export interface WriteRequest {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly json: unknown;
}

/** Through the new API where there is one: the old one does not take a description. */
export function folderRequest(world: World, folder: DashboardFolder): WriteRequest {
  const { uid, title, description, parentUid } = folder;
  if (world.folders === undefined)
    return { method: "POST", path: "/api/folders", json: { uid, title, parentUid, description } };
  const json = {
    apiVersion: `folder.grafana.app/${world.folders}`,
    kind: "Folder",
    metadata: { name: uid, annotations: parentUid === undefined ? {} : { [FOLDER]: parentUid } },
    spec: { title, ...(description === undefined ? {} : { description }) },
  };
  return { method: "POST", path: resourcePath(world, "folder", world.folders, "folders"), json };
}

export interface Saving extends PlacedDashboard {
  /** The version history's note. */
  readonly message: string;
  /** Of the resource that is replaced, so that a change meanwhile is not overwritten. */
  readonly resourceVersion?: string;
}

/** True when a dashboard goes through the new API: it is in a version that this server has. */
export const isResource = (world: World, { schema }: Pick<PlacedDashboard, "schema">): boolean =>
  schema !== undefined && world.dashboards?.versions.includes(schema) === true;

/** @throws PluginError `invalid` when this server cannot keep it */
export function dashboardRequest(world: World, saving: Saving): WriteRequest {
  const { uid, schema = "", content, folderUid, replaces, message } = saving;
  if (isResource(world, saving)) return resourceRequest(world, saving);
  if (schema.startsWith("v2"))
    throw new PluginError("invalid", `This Grafana does not know dashboards of version ${schema}.`);
  const json = { dashboard: { ...content, id: null, uid }, folderUid, message, overwrite: replaces };
  return { method: "POST", path: "/api/dashboards/db", json };
}

/** Marks of the tool that owned it are left out: it is not that tool which writes. */
const MANAGER = /^grafana\.app\/(manag|source)/;

function resourceRequest(world: World, saving: Saving): WriteRequest {
  const { uid, schema = "", content, folderUid, attached = {}, message, resourceVersion } = saving;
  const annotations = asObject(attached.annotations);
  const place = folderUid === "" ? {} : { [FOLDER]: folderUid };
  const json = {
    apiVersion: `dashboard.grafana.app/${schema}`,
    kind: "Dashboard",
    metadata: {
      name: uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: asObject(attached.labels),
      annotations: {
        ...without(annotations, ...Object.keys(annotations).filter((key) => MANAGER.test(key))),
        ...place,
        "grafana.app/message": message,
      },
    },
    spec: content,
  };
  const path = resourcePath(world, "dashboard", schema, "dashboards");
  return saving.replaces
    ? { method: "PUT", path: `${path}/${encodeURIComponent(uid)}`, json }
    : { method: "POST", path, json };
}
