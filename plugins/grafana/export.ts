import type { Cursor, Exporter, ExportRequest, Problem } from "contextcore";
import { v } from "contextcore";
import { exportDataSource, exportDataSources } from "./data-sources.ts";
import { annotationCursor, exportAnnotations, firstWindow } from "./export-annotations.ts";
import { dashboardsCursor, exportDashboard, exportDashboards } from "./export-dashboards.ts";
import { exportFolders, folderCursor } from "./export-folders.ts";
import {
  exportContactPoints,
  exportMuteTimings,
  exportPolicies,
  exportTemplates,
} from "./export-notifications.ts";
import { exportRuleGroup, exportRules } from "./export-rules.ts";
import { parseDashboardSelector } from "./find-dashboards.ts";
import { exportLibraryPanels } from "./library-panels.ts";
import { exportPlaylists } from "./playlists.ts";
import { read, type Server, type World } from "./server.ts";
import type { ReadStep } from "./step.ts";

const STEPS: Readonly<Record<string, ReadStep>> = {
  folders: exportFolders,
  dashboards: exportDashboards,
  dashboard: exportDashboard,
  datasources: exportDataSources,
  datasource: exportDataSource,
  "library-panels": exportLibraryPanels,
  rules: exportRules,
  "rule-group": exportRuleGroup,
  "contact-points": exportContactPoints,
  policies: exportPolicies,
  "mute-timings": exportMuteTimings,
  templates: exportTemplates,
  playlists: exportPlaylists,
  annotations: exportAnnotations,
};

/** Lists fan out to one cursor an object; only annotations are bound to the range, everything else is exported as it is. */
export const createExporter = (server: Server): Exporter => ({
  async start(request, signal) {
    if (request.match !== undefined) parseDashboardSelector(request.match);
    // Fails here, and once, when the credentials are wrong.
    await read(server.http, v.looseObject({ id: v.number() }), { path: "/api/org", signal });
    const world = await server.world(signal);
    return { cursors: firstCursors(request), notes: notes(world), problems: ALWAYS };
  },
  async step(cursor, signal) {
    const run = STEPS[v.parse(v.looseObject({ kind: v.string() }), cursor).kind];
    if (run === undefined) throw new RangeError(`not a cursor of grafana's: ${JSON.stringify(cursor)}`);
    return run(server, cursor, signal);
  },
});

/** A selector chooses dashboards: they and the folders above them are exported, and nothing else. */
function firstCursors({ match, range }: ExportRequest): Cursor[] {
  const chosen = [folderCursor(match), dashboardsCursor(match)];
  if (match !== undefined) return chosen;
  const lists = [
    "datasources",
    "rules",
    "contact-points",
    "policies",
    "mute-timings",
    "templates",
    "playlists",
  ];
  return [
    ...chosen,
    ...lists.map((kind) => ({ kind })),
    { kind: "library-panels", page: 1 },
    annotationCursor(firstWindow(range)),
  ];
}

const notes = ({ dashboards, folders, playlists }: World): Record<string, string> => ({
  dashboards:
    dashboards === undefined
      ? "/api/dashboards/uid"
      : `/apis/dashboard.grafana.app, each in the version it is stored in`,
  folders: folders === undefined ? "/api/folders, level by level" : `/apis/folder.grafana.app/${folders}`,
  playlists: playlists === undefined ? "/api/playlists" : `/apis/playlist.grafana.app/${playlists}`,
});

const ALWAYS: readonly Problem[] = [
  {
    kind: "not-contained",
    reason:
      "Users, teams, service accounts and their tokens, permissions, preferences, public dashboards, dashboard snapshots and the history of dashboards are not exported. A complete backup of them is Grafana's database with its secret_key.",
  },
  {
    kind: "normalised",
    reason:
      "Numeric ids, version numbers, and when and by whom an object was saved are left out: Grafana sets them itself when an object is put back.",
  },
];
