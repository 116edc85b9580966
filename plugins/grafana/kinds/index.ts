/** The kinds of things that are exported and put back: one file each, and one row here. */
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

/** In the order in which people are told of them. */
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

/** A selector of an export chooses dashboards: they and the folders above them are exported, and nothing else. */
export const CHOSEN: readonly Kind[] = [folders, dashboards];

/** In the order in which they can be put back: each after those that it needs. */
const RESTORED = afterNeeds(KINDS);

/** What selectors call them. */
export const KIND_NAMES = RESTORED.map(({ name }) => name);

function afterNeeds(kinds: readonly Kind[], before = new Set<Kind>()): readonly Kind[] {
  for (const kind of kinds) {
    afterNeeds(kind.needs, before);
    before.add(kind);
  }
  return [...before];
}

/** The kind of a snapshot's file by its path; `undefined` for a file that is not ours. */
export const kindOf = (file: string): Kind | undefined =>
  KINDS.find((kind) => ("file" in kind ? file === kind.file : file.startsWith(`grafana/${kind.folder}/`)));

/** When a file is put back, as a number. Unknown files come last, where they are refused by name. */
export function rankOf(file: string): number {
  const kind = kindOf(file);
  return kind === undefined ? RESTORED.length : RESTORED.indexOf(kind);
}
