/**
 * The fields of Grafana's published OpenAPI models, typed by hand from grafana/grafana-openapi-client-go
 * (`models/*.go`, 2026-07-24), with their JSON types. `reads` are those that contextcore depends on.
 */
export type JsonType = "string" | "number" | "boolean" | "object" | "array" | "any";

export interface Model {
  readonly fields: Readonly<Record<string, JsonType>>;
  readonly reads: readonly string[];
}

const all = (type: JsonType, names: string): Record<string, JsonType> =>
  Object.fromEntries(names.split(" ").map((name) => [name, type]));

const STAMP = all("string", "created createdBy updated updatedBy");
const FOLDER_TEXTS = "uid title url parentUid managedBy";
const RIGHTS = all("boolean", "canAdmin canDelete canEdit canSave hasAcl");

export const MODELS = {
  HealthResponse: {
    fields: all("string", "apiserver commit database enterpriseCommit version"),
    reads: ["version"],
  },
  Hit: {
    fields: {
      ...all(
        "string",
        "uid title type uri url slug description folderTitle folderUid folderUrl sortMetaName",
      ),
      ...all("number", "id orgId folderId sortMeta"),
      ...all("boolean", "isStarred isDeleted"),
      tags: "array",
    },
    reads: ["uid", "title", "folderUid", "folderTitle"],
  },
  FolderSearchHit: {
    fields: { id: "number", ...all("string", "uid title parentUid managedBy") },
    reads: ["uid", "title", "parentUid", "managedBy"],
  },
  Folder: {
    fields: {
      ...all("number", "id orgId version"),
      ...all("string", FOLDER_TEXTS),
      ...STAMP,
      ...RIGHTS,
      accessControl: "object",
      parents: "array",
    },
    reads: [],
  },
  DashboardFullWithMeta: {
    fields: { dashboard: "object", meta: "object" },
    reads: ["dashboard", "meta"],
  },
  DashboardMeta: {
    fields: {
      ...all(
        "string",
        "apiVersion expires folderTitle folderUid folderUrl provisionedExternalId slug type url",
      ),
      ...all("number", "folderId version"),
      ...all("boolean", "canStar isFolder isSnapshot isStarred provisioned publicDashboardEnabled"),
      ...STAMP,
      ...RIGHTS,
      annotationsPermissions: "object",
    },
    reads: ["folderUid", "provisioned", "provisionedExternalId"],
  },
  DataSourceListItemDTO: {
    fields: {
      ...all("string", "access database name type typeLogoUrl typeName uid url user"),
      ...all("number", "id orgId"),
      ...all("boolean", "basicAuth isDefault readOnly"),
      jsonData: "object",
    },
    reads: ["uid", "name"],
  },
  DataSource: {
    fields: {
      ...all("string", "access basicAuthUser database name type typeLogoUrl uid url user"),
      ...all("number", "id orgId version"),
      ...all("boolean", "basicAuth isDefault readOnly withCredentials"),
      ...all("object", "accessControl jsonData secureJsonFields"),
    },
    reads: ["uid", "name", "readOnly", "secureJsonFields"],
  },
  ProvisionedAlertRule: {
    fields: {
      ...all(
        "string",
        "condition execErrState folderUID for keep_firing_for noDataState provenance ruleGroup title uid updated",
      ),
      ...all("number", "id orgID missingSeriesEvalsToResolve"),
      ...all("object", "annotations labels notification_settings record"),
      isPaused: "boolean",
      data: "array",
    },
    reads: ["uid", "title", "folderUID", "ruleGroup", "provenance"],
  },
  AlertRuleGroup: {
    fields: { ...all("string", "folderUid title"), interval: "number", rules: "array" },
    reads: ["title", "folderUid", "interval", "rules"],
  },
  AlertingFileExport: {
    fields: { apiVersion: "number", ...all("array", "contactPoints groups muteTimes policies") },
    reads: ["groups"],
  },
  EmbeddedContactPoint: {
    fields: {
      ...all("string", "name provenance type uid"),
      disableResolveMessage: "boolean",
      settings: "object",
    },
    reads: ["uid", "name", "type", "settings", "provenance"],
  },
  Route: {
    fields: {
      ...all("string", "group_interval group_wait provenance receiver repeat_interval"),
      ...all("array", "active_time_intervals group_by mute_time_intervals object_matchers routes matchers"),
      ...all("object", "match match_re"),
      continue: "boolean",
    },
    reads: ["receiver", "routes", "provenance"],
  },
  MuteTimeInterval: {
    fields: { name: "string", time_intervals: "array" },
    reads: ["name"],
  },
  NotificationTemplate: {
    fields: all("string", "name provenance template version"),
    reads: ["name", "version", "provenance"],
  },
  LibraryElementSearchResponse: { fields: { result: "object" }, reads: ["result"] },
  LibraryElementSearchResult: {
    fields: { elements: "array", ...all("number", "page perPage totalCount") },
    reads: ["elements", "totalCount"],
  },
  LibraryElementDTO: {
    fields: {
      ...all("string", "description folderUid name type uid"),
      ...all("number", "folderId id kind orgId schemaVersion version"),
      meta: "object",
      model: "any",
    },
    reads: ["uid", "name", "kind", "folderUid", "model"],
  },
  Annotation: {
    fields: {
      ...all("string", "alertName avatarUrl dashboardUID email login newState prevState text userUID"),
      ...all("number", "alertId created dashboardId id panelId time timeEnd updated userId"),
      tags: "array",
      data: "object",
    },
    reads: [
      "alertId",
      "alertName",
      "dashboardUID",
      "data",
      "newState",
      "panelId",
      "prevState",
      "tags",
      "text",
      "time",
      "timeEnd",
    ],
  },
  Playlist: {
    fields: { id: "number", ...all("string", "interval name uid") },
    reads: ["uid", "name", "interval"],
  },
  QuotaDTO: {
    fields: { ...all("number", "limit org_id used user_id"), target: "string" },
    reads: ["limit", "used", "target"],
  },
} as const satisfies Readonly<Record<string, Model>>;
