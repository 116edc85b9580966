import { type DashboardDraft, PluginError, v } from "contextcore";
import { asText, type Fields, objectSchema, without } from "./json.ts";

/** A dashboard parsed from a file of any kind. */
export interface Draft extends DashboardDraft {
  /** The folder it was in; empty at the root. */
  readonly folderUid: string;
  /** The tool that owned it. */
  readonly managedBy?: string;
}

/** The owner of a dashboard that Grafana reads from a file of its own: it overwrites what others change. */
export const FILE_PROVISIONING = "Grafana's file provisioning";
/** The annotation of a resource that names its folder's uid; absent at the root. */
export const FOLDER_ANNOTATION = "grafana.app/folder";
const MANAGER = "grafana.app/managedBy";

/** Who saved it last, when and with which message: history that cannot be restored. */
const BOOKKEEPING = [
  "grafana.app/createdBy",
  "grafana.app/updatedBy",
  "grafana.app/updatedTimestamp",
  "grafana.app/message",
];

/** A dashboard of `/apis/dashboard.grafana.app`, in whichever version it is stored in. `metadata.name` is its uid. */
export const resourceSchema = v.object({
  apiVersion: v.pipe(v.string(), v.startsWith("dashboard.grafana.app/")),
  metadata: v.object({
    name: v.optional(v.string()),
    annotations: v.optional(objectSchema, {}),
    labels: v.optional(objectSchema, {}),
  }),
  spec: objectSchema,
});
/** A dashboard in the resource form of `/apis`, as its file has it. */
export type Resource = v.InferOutput<typeof resourceSchema>;

const wrappedSchema = v.object({
  dashboard: objectSchema,
  folderUid: v.optional(v.string(), ""),
  meta: v.optional(v.object({ provisioned: v.optional(v.boolean()) })),
});

/**
 * Reads a dashboard's JSON: a resource of the new API, what the old API takes (`{ dashboard, folderUid }`), or the plain
 * model that Grafana shows under "JSON Model".
 * @throws PluginError `invalid` saying what is missing
 */
export function readDraft(object: Fields): Draft {
  const draft = readAny(object);
  if (draft.title === "") throw notADashboard("it has no title");
  return draft;
}

function readAny(object: Fields): Draft {
  if ("apiVersion" in object && "spec" in object) return fromResource(parse(resourceSchema, object));
  if (!("dashboard" in object)) return { ...fromModel(object), folderUid: "" };
  const { dashboard, folderUid, meta } = parse(wrappedSchema, object);
  const owner = meta?.provisioned === true ? { managedBy: FILE_PROVISIONING } : {};
  return { ...fromModel(dashboard), folderUid, ...owner };
}

function parse<Schema extends v.GenericSchema>(schema: Schema, object: Fields): v.InferOutput<Schema> {
  const checked = v.safeParse(schema, object);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const field = v.getDotPath(issue) ?? "it";
  throw notADashboard(issue.received === "undefined" ? `it has no ${field}` : `${field}: ${issue.message}`);
}

/** The error for a file that is not a dashboard. @param why continues after a colon */
export const notADashboard = (why: string): PluginError =>
  new PluginError("invalid", `not a dashboard: ${why}`);

/** The plain model: panels, title and so on at the top level. Grafana trims spaces around a uid. */
export function fromModel(model: Fields): DashboardDraft {
  const uid = asText(model.uid).trim();
  const content = without(model, "id", "uid", "version");
  return { ...(uid === "" ? {} : { uid }), title: asText(content.title), content };
}

/** A dashboard resource of Grafana 12 and newer as a draft: annotations hold its folder and its owner. */
export function fromResource({ apiVersion, metadata, spec }: Resource): Draft {
  const { name = "", annotations } = metadata;
  const owner = asText(annotations[MANAGER]);
  const content = without(spec, "id", "uid", "version");
  return {
    ...(name === "" ? {} : { uid: name }),
    title: asText(content.title),
    content,
    schema: apiVersion.split("/")[1] ?? "",
    folderUid: asText(annotations[FOLDER_ANNOTATION]),
    ...(owner === "" ? {} : { managedBy: owner }),
    attached: {
      labels: without(metadata.labels, "grafana.app/deprecatedInternalID"),
      annotations: without(annotations, FOLDER_ANNOTATION, ...BOOKKEEPING),
    },
  };
}
