/** What kind of thing a file of a snapshot is, by its path, and in which order kinds are put back. */

export const ANNOTATIONS = "grafana/annotations.jsonl";

/** Each needs the ones before it: rules lie in folders and name data sources, policies name contact points. */
const KINDS = [
  "grafana/folders/",
  "grafana/datasources/",
  "grafana/library-panels/",
  "grafana/dashboards/",
  "grafana/alerting/templates/",
  "grafana/alerting/mute-timings/",
  "grafana/alerting/contact-points/",
  "grafana/alerting/policies/",
  "grafana/alerting/rules/",
  "grafana/playlists/",
  ANNOTATIONS,
] as const;
export type Kind = (typeof KINDS)[number];

/** The kind by the path's beginning; `undefined` for a file that is not ours. */
export const kindOf = (file: string): Kind | undefined => KINDS.find((kind) => file.startsWith(kind));

/** Unknown files come last, where they are refused by name. */
export const rankOf = (file: string): number => {
  const kind = kindOf(file);
  return kind === undefined ? KINDS.length : KINDS.indexOf(kind);
};
