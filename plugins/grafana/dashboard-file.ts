import { isKind, type Problem, v } from "contextcore";
import { toFileText } from "./exact-json.ts";
import {
  asObject,
  asText,
  type Fields,
  objectSchema,
  read,
  resourcePath,
  type Server,
  type World,
  without,
} from "./server.ts";

/** A dashboard as it goes into its file, and what could not be kept of it. */
export interface DashboardFile {
  readonly text: string;
  /** The dashboard's own JSON, in whichever schema. */
  readonly content: Fields;
  readonly problems: readonly Problem[];
}

/** Reads a dashboard so that nothing of it is converted: in the version it is stored in, where there are versions. */
export async function readDashboard(
  server: Server,
  uid: string,
  signal: AbortSignal,
): Promise<DashboardFile> {
  const world = await server.world(signal);
  return world.dashboards === undefined
    ? readClassic(server, uid, signal)
    : readResource(server, { world, version: world.dashboards.preferred, uid }, signal);
}

const classicSchema = v.object({ dashboard: objectSchema, meta: objectSchema });

/** The file is what `POST /api/dashboards/db` takes. */
async function readClassic({ http }: Server, uid: string, signal: AbortSignal): Promise<DashboardFile> {
  const path = `/api/dashboards/uid/${encodeURIComponent(uid)}`;
  const { dashboard, meta } = await read(http, classicSchema, { path, signal });
  const { provisioned, provisionedExternalId } = meta;
  const content = without(dashboard, "id", "version");
  const file = {
    folderUid: asText(meta.folderUid),
    ...(provisioned === true ? { meta: { provisioned, provisionedExternalId } } : {}),
    dashboard: content,
  };
  return { text: toFileText(file), content, problems: [] };
}

const resourceSchema = v.object({
  apiVersion: v.string(),
  metadata: v.object({
    name: v.string(),
    annotations: v.optional(objectSchema, {}),
    labels: v.optional(objectSchema, {}),
  }),
  spec: objectSchema,
  status: v.optional(objectSchema, {}),
});
type Resource = v.InferOutput<typeof resourceSchema>;

interface Wanted {
  readonly world: World;
  readonly version: string;
  readonly uid: string;
}

async function readResource(server: Server, wanted: Wanted, signal: AbortSignal): Promise<DashboardFile> {
  const first = await readVersion(server, wanted, signal);
  const stored = asText(asObject(first.status.conversion).storedVersion);
  if (stored === "" || stored === wanted.version) return fileOf(first, []);
  try {
    return fileOf(await readVersion(server, { ...wanted, version: stored }, signal), []);
  } catch (error) {
    if (!isKind(error, "not-found", "invalid")) throw error;
    return fileOf(first, [converted(stored, first)]);
  }
}

const readVersion = (
  { http }: Server,
  { world, version, uid }: Wanted,
  signal: AbortSignal,
): Promise<Resource> =>
  read(http, resourceSchema, {
    path: resourcePath(world, "dashboard", version, `dashboards/${encodeURIComponent(uid)}`),
    signal,
  });

const converted = (stored: string, { metadata, apiVersion }: Resource): Problem => ({
  kind: "lossy",
  reason: `Stored in version ${stored}, which this Grafana does not give out; kept as it converts them to ${apiVersion}.`,
  items: [metadata.name],
});

/** Who saved it last, when and with which words: part of the history, which cannot be put back. */
const BOOKKEEPING = [
  "grafana.app/createdBy",
  "grafana.app/updatedBy",
  "grafana.app/updatedTimestamp",
  "grafana.app/message",
];

/** The file is a resource as `kubectl` and Grafana's own tools take it. */
function fileOf({ apiVersion, metadata, spec }: Resource, problems: readonly Problem[]): DashboardFile {
  const labels = without(metadata.labels, "grafana.app/deprecatedInternalID");
  const content = without(spec, "id", "version");
  const file = {
    apiVersion,
    kind: "Dashboard",
    metadata: {
      name: metadata.name,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      annotations: without(metadata.annotations, ...BOOKKEEPING),
    },
    spec: content,
  };
  return { text: toFileText(file), content, problems };
}
