/** Reads and writes dashboards through whichever API preserves more of them. */
import {
  type DashboardDocument,
  given,
  isKind,
  type PlacedDashboard,
  PluginError,
  type Problem,
  v,
} from "contextcore";
import {
  type Draft,
  FILE_PROVISIONING,
  FOLDER_ANNOTATION,
  fromModel,
  fromResource,
  type Resource,
  resourceSchema,
} from "./dashboard-draft.ts";
import { asObject, asText, objectSchema, toFileText, without } from "./json.ts";
import { folderNumber } from "./numbers.ts";
import type { Write } from "./put.ts";
import { read, resourcePath, type Server, versionAt, type World } from "./server.ts";

/** A dashboard as written to its file, and what could not be preserved. */
interface DashboardFile extends DashboardDocument {
  readonly problems: readonly Problem[];
}

/** Reads a dashboard unconverted, in its stored version if the API has versions. */
export async function readDashboard(server: Server, uid: string): Promise<DashboardFile> {
  const world = await server.world();
  return world.dashboards === undefined
    ? readClassic(server, uid)
    : readResource(server, { world, version: world.dashboards.preferred, uid });
}

const classicSchema = v.object({ dashboard: objectSchema, meta: objectSchema });

/** The file has the form that `POST /api/dashboards/db` accepts. */
async function readClassic(server: Server, uid: string): Promise<DashboardFile> {
  const path = `/api/dashboards/uid/${encodeURIComponent(uid)}`;
  const { dashboard, meta } = await read(server, classicSchema, { path });
  const { provisioned, provisionedExternalId } = meta;
  const folderUid = asText(meta.folderUid) || uidIn(asText(meta.folderUrl));
  const { title, content } = fromModel(dashboard);
  const owned = provisioned === true;
  const file = {
    folderUid,
    ...(owned ? { meta: { provisioned, provisionedExternalId } } : {}),
    dashboard: { uid, ...content },
  };
  const owner = owned ? { managedBy: FILE_PROVISIONING } : {};
  return { uid, title, content, folderUid, ...owner, text: toFileText(file), problems: [] };
}

/** Before 8 a folder's uid is only in its URL: `/dashboards/f/UID/SLUG`. */
const uidIn = (folderUrl: string): string =>
  decodeURIComponent(/\/dashboards\/f\/([^/]+)/.exec(folderUrl)?.[1] ?? "");

const answerSchema = v.object({
  ...resourceSchema.entries,
  status: v.optional(objectSchema, {}),
});
type Answer = v.InferOutput<typeof answerSchema>;

interface Wanted {
  readonly world: World;
  readonly version: string;
  readonly uid: string;
}

async function readResource(server: Server, wanted: Wanted): Promise<DashboardFile> {
  const first = await readVersion(server, wanted);
  const stored = asText(asObject(first.status.conversion).storedVersion);
  if (stored === "" || stored === wanted.version) return fileOf(wanted.uid, first, []);
  try {
    return fileOf(wanted.uid, await readVersion(server, { ...wanted, version: stored }), []);
  } catch (error) {
    if (!isKind(error, "not-found", "invalid")) throw error;
    return fileOf(wanted.uid, first, [converted(stored, wanted.uid, first)]);
  }
}

const readVersion = (server: Server, { world, version, uid }: Wanted): Promise<Answer> =>
  read(server, answerSchema, {
    path: resourcePath(world, "dashboard", version, `dashboards/${encodeURIComponent(uid)}`),
  });

const converted = (stored: string, uid: string, { apiVersion }: Answer): Problem => ({
  kind: "lossy",
  reason: `Stored in version ${stored}, which this Grafana does not give out; kept as it converts them to ${apiVersion}.`,
  items: [uid],
});

function fileOf(uid: string, resource: Resource, problems: readonly Problem[]): DashboardFile {
  const draft = fromResource(resource);
  return { ...draft, uid, text: toFileText(toResource(resource.apiVersion, uid, draft)), problems };
}

/** The file is a resource, as `kubectl` and Grafana's own tools accept it. */
function toResource(apiVersion: string, name: string, { attached = {}, folderUid, content }: Draft) {
  const labels = asObject(attached.labels);
  const place = folderUid === "" ? {} : { [FOLDER_ANNOTATION]: folderUid };
  return {
    apiVersion,
    kind: "Dashboard",
    metadata: {
      name,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      annotations: { ...place, ...asObject(attached.annotations) },
    },
    spec: content,
  };
}

interface Saving extends PlacedDashboard {
  /** The note in the version history. */
  readonly message: string;
  /** The version of the resource being replaced, so that a concurrent change is not overwritten. */
  readonly resourceVersion?: string;
  /** Its folder, for a Grafana that knows it by number. */
  readonly folderId?: number;
}

/** True when a dashboard needs the new API: it is in a version that this server supports. */
export const isResource = (world: World, { schema }: Pick<PlacedDashboard, "schema">): boolean =>
  schema !== undefined && world.dashboards?.versions.includes(schema) === true;

/** Why a server does not accept a dashboard of the second schema. */
export const unknownVersion = (schema = ""): string =>
  `This Grafana does not know dashboards of version ${schema}.`;

/** The call that creates a dashboard. @throws PluginError `invalid` when this server cannot keep it */
export async function creation(server: Server, saving: Saving): Promise<Write> {
  const world = await server.world();
  return dashboardRequest(world, await inNumberedFolder(server, world, saving));
}

/** A folder's uid means nothing to a Grafana before 8: the dashboard would lie beside all folders. */
async function inNumberedFolder(server: Server, { numbered }: World, saving: Saving): Promise<Saving> {
  const { folderUid } = saving;
  if (numbered !== true || folderUid === "") return saving;
  return { ...saving, folderId: await folderNumber(server, folderUid) };
}

function dashboardRequest(world: World, saving: Saving): Write {
  const { uid, schema = "", content, folderUid, replaces, message, folderId } = saving;
  if (isResource(world, saving)) return resourceRequest(world, saving);
  if (schema.startsWith("v2")) throw new PluginError("invalid", unknownVersion(schema));
  const place = { folderUid, ...given({ folderId }) };
  const json = { dashboard: { ...content, id: null, uid }, ...place, message, overwrite: replaces };
  return { method: "POST", path: "/api/dashboards/db", json };
}

/** The call that replaces the dashboard that is there. @throws PluginError `invalid` when this server cannot keep it */
export async function replacement(server: Server, dashboard: Omit<Saving, "replaces">): Promise<Write> {
  const world = await server.world();
  const saving = { ...dashboard, replaces: true };
  if (!isResource(world, saving)) return creation(server, saving);
  const { uid, schema = "" } = saving;
  const path = resourcePath(world, "dashboard", schema, `dashboards/${encodeURIComponent(uid)}`);
  const resourceVersion = await versionAt(server, path);
  return dashboardRequest(world, { ...saving, ...given({ resourceVersion }) });
}

/** Drops the marks of the tool that owned it, since that tool is not the one writing. */
const MANAGER = /^grafana\.app\/(manag|source)/;

function resourceRequest(world: World, saving: Saving): Write {
  const { uid, schema = "", content, folderUid, attached = {}, message, resourceVersion } = saving;
  const annotations = asObject(attached.annotations);
  const place = folderUid === "" ? {} : { [FOLDER_ANNOTATION]: folderUid };
  const json = {
    apiVersion: `dashboard.grafana.app/${schema}`,
    kind: "Dashboard",
    metadata: {
      name: uid,
      ...given({ resourceVersion }),
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
