/** The kinds of objects that are exported and restored: one file and one row here for each. */
import type { Kind } from "../kind.ts";
import { muteTimings, templates } from "./alerting.ts";
import { annotations } from "./annotations.ts";
import { contactPoints } from "./contact-points.ts";
import { dashboards } from "./dashboards.ts";
import { dataSources } from "./data-sources.ts";
import { folders } from "./folders.ts";
import { libraryPanels } from "./library-panels.ts";
import { playlists } from "./playlists.ts";
import { policies } from "./policies.ts";
import { rules } from "./rules.ts";

/** In the order in which people see them. */
export const KINDS: readonly Kind[] = [
  dashboards,
  folders,
  dataSources,
  libraryPanels,
  rules,
  contactPoints,
  policies,
  muteTimings,
  templates,
  playlists,
  annotations,
];

/** An export's selector chooses dashboards: they and their parent folders are exported, and nothing else. */
export const CHOSEN: readonly Kind[] = [folders, dashboards];

/** In restore order: each kind after those that it depends on. */
const RESTORED = afterNeeds(KINDS);

/** The names of the kinds in selectors. */
export const KIND_NAMES = RESTORED.map(({ name }) => name);

function afterNeeds(kinds: readonly Kind[], before = new Set<Kind>()): readonly Kind[] {
  for (const kind of kinds) {
    afterNeeds(kind.needs, before);
    before.add(kind);
  }
  return [...before];
}

/** The kind of a snapshot file by its path; `undefined` for a file that is not ours. */
export const kindOf = (file: string): Kind | undefined =>
  KINDS.find((kind) => ("file" in kind ? file === kind.file : file.startsWith(`grafana/${kind.folder}/`)));

/** A file's restore rank. Unknown files come last, where they are refused by name. */
export function rankOf(file: string): number {
  const kind = kindOf(file);
  return kind === undefined ? RESTORED.length : RESTORED.indexOf(kind);
}
