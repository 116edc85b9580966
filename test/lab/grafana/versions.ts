/** Dashboards are stored in one version and answered in another; what does not fit is lost on the way. */
import { fields, list, number, text, without } from "./reply.ts";
import type { Dashboard, Fields } from "./store.ts";

/** The versions of each group that a server of this age answers, the preferred one last. */
export function served(group: string, major: number): readonly string[] {
  const groups = major >= 13 ? GROUPS_13 : GROUPS_12;
  return groups[group] ?? [];
}

const GROUPS_12: Readonly<Record<string, readonly string[]>> = {
  "dashboard.grafana.app": ["v0alpha1", "v2alpha1", "v2beta1", "v1beta1"],
  "folder.grafana.app": ["v1beta1"],
  "playlist.grafana.app": ["v0alpha1"],
};

const GROUPS_13: Readonly<Record<string, readonly string[]>> = {
  "dashboard.grafana.app": ["v0alpha1", "v1beta1", "v2alpha1", "v2beta1", "v2", "v1"],
  "folder.grafana.app": ["v1beta1", "v1"],
  "playlist.grafana.app": ["v0alpha1", "v1"],
};

export const GROUPS = Object.keys(GROUPS_13);

export const isV2 = (version: string): boolean => version.startsWith("v2");

/** The newest schema of a classic dashboard; reading an older one through v1 migrates it. */
const SCHEMA_VERSION = 42;

/** The dashboard's content in a version, and what the answer says of the conversion. */
export function convert(dashboard: Dashboard, version: string): { spec: Fields; status: Fields } {
  const { apiVersion: storedVersion, spec } = dashboard;
  if (storedVersion === version) return { spec, status: {} };
  const status = { conversion: { failed: false, storedVersion, error: "" } };
  if (isV2(storedVersion)) return { spec: isV2(version) ? spec : toClassic(spec), status };
  if (isV2(version)) return { spec: toV2(spec), status };
  return { spec: version === "v0alpha1" ? spec : migrated(spec), status };
}

/** Rows of before schema 16 become panels; the rows themselves are gone. */
function migrated(spec: Fields): Fields {
  const rows = list(spec.rows).flatMap((row) => list(fields(row).panels));
  const panels = [...list(spec.panels), ...rows];
  return {
    ...without(spec, "rows"),
    panels,
    schemaVersion: Math.max(number(spec.schemaVersion), SCHEMA_VERSION),
  };
}

/** Conditional rendering, tabs and automatic grids have no place in a classic dashboard. */
function toClassic(spec: Fields): Fields {
  const panels = Object.values(fields(spec.elements)).map((element, index) => ({
    id: index + 1,
    title: text(fields(fields(element).spec).title),
    type: "timeseries",
    gridPos: { x: 0, y: index * 8, w: 24, h: 8 },
  }));
  return {
    title: text(spec.title),
    tags: list(spec.tags),
    panels,
    schemaVersion: SCHEMA_VERSION,
  };
}

const toV2 = (spec: Fields): Fields => ({
  title: text(spec.title),
  tags: list(spec.tags),
  elements: {},
  layout: { kind: "GridLayout", spec: { items: [] } },
});
