import { type HttpClient, PluginError } from "contextcore";
import { folderNames } from "./folder-names.ts";
import { type Hit, searchAll } from "./search.ts";
import { type Condition, isSelected, parseSelector } from "./selector.ts";

/**
 * Reads a selector for an export, which chooses dashboards.
 * @throws PluginError `invalid` when it is not understood, or can find no dashboard
 */
export function parseDashboardSelector(source: string): readonly Condition[] {
  const selector = parseSelector(source);
  const kinds = selector.filter(({ name, negated }) => name === "kind" && !negated);
  if (kinds.length === 0 || kinds.some(({ fits }) => fits("dashboard"))) return selector;
  throw new PluginError("invalid", `grafana: the selector ${JSON.stringify(source)} can find no dashboard`, {
    hint: "In an export a selector chooses dashboards, with the folders above them. A restore can choose any kind.",
  });
}

/** The dashboards that a selector finds; all of them without one. */
export async function findDashboards(
  http: HttpClient,
  match: string | undefined,
  signal: AbortSignal,
): Promise<Hit[]> {
  if (match === undefined) return searchAll(http, { type: "dash-db" }, signal);
  const selector = parseDashboardSelector(match);
  // The server compares tags exactly; what it finds by words depends on its version, so titles are compared here.
  const tag = selector.flatMap(({ name, negated, equals }) =>
    name === "tag" && !negated && equals !== undefined ? [equals] : [],
  );
  const hits = await searchAll(http, { type: "dash-db", tag }, signal);
  const foldersOf = await namesOfFolders(http, selector, signal);
  return hits.filter(({ uid, title, tags, folderUid }) =>
    isSelected(
      { kind: "dashboard", uids: [uid], titles: [title], tags: tags ?? [], folders: foldersOf(folderUid) },
      selector,
    ),
  );
}

async function namesOfFolders(
  http: HttpClient,
  selector: readonly Condition[],
  signal: AbortSignal,
): Promise<(uid: string) => readonly string[]> {
  if (!selector.some(({ name }) => name === "folder")) return () => [];
  const hits = await searchAll(http, { type: "dash-folder" }, signal);
  return folderNames(hits.map(({ uid, title, folderUid }) => ({ uid, title, parentUid: folderUid })));
}
