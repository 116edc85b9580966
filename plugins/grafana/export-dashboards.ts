import { type Cursor, type HttpClient, type Problem, type Step, v } from "contextcore";
import { readDashboard } from "./dashboard-file.ts";
import { readDataSources } from "./data-sources.ts";
import { readFolders } from "./folders.ts";
import { readLibraryPanelUids } from "./library-panels.ts";
import { parseMatch } from "./match.ts";
import { filePaths, folderPaths } from "./paths.ts";
import { dataSourcesIn, libraryPanelsIn } from "./references.ts";
import { type Hit, searchAll } from "./search.ts";
import type { Fields, Server } from "./server.ts";
import { type ReadStep, stepOf, tolerant } from "./step.ts";

export const dashboardsCursor = (match: string | undefined): Cursor => ({
  kind: "dashboards",
  ...(match === undefined ? {} : { match }),
});

/** Lists all dashboards and gives one cursor for each, with the path of its file. */
export const exportDashboards: ReadStep = stepOf(
  { match: v.optional(v.string()) },
  (server, { match }, signal) =>
    tolerant("dashboards", async () => {
      const hits = await searchAll(server.http, { type: "dash-db", match: parseMatch(match) }, signal);
      const { folders } = await readFolders(server, signal);
      const directories = folderPaths(folders);
      const place = ({ folderUid, folderTitle }: Hit): readonly string[] =>
        folderUid === "" ? [] : (directories.get(folderUid) ?? [folderTitle || folderUid]);
      const paths = filePaths(
        "dashboards",
        hits.map((hit) => ({ ...hit, directory: place(hit) })),
      );
      return {
        next: hits.map(({ uid, title }) => ({ kind: "dashboard", uid, title, path: paths.get(uid) ?? "" })),
      };
    }),
);

/** One dashboard, and what it refers to that this Grafana does not have. */
export const exportDashboard: ReadStep = stepOf(
  { uid: v.string(), title: v.string(), path: v.string() },
  (server, { uid, title, path }, signal) => {
    const item = `${title} (${uid})`;
    const step = async (): Promise<Step> => {
      const { text, content, problems } = await readDashboard(server, uid, signal);
      return {
        objects: [{ path, text, unit: "dashboards" }],
        problems: [...problems, ...(await dangling(server, { item, content }, signal))],
      };
    };
    return tolerant("dashboards", step, item);
  },
);

interface Referring {
  readonly item: string;
  readonly content: Fields;
}

/** A reference to nothing is no loss of this export, but a restore will not mend it. */
async function dangling(
  server: Server,
  { item, content }: Referring,
  signal: AbortSignal,
): Promise<Problem[]> {
  const known = await knownTargets(server, signal);
  const lost = (
    wanted: ReadonlySet<string>,
    there: ReadonlySet<string> | undefined,
    what: string,
  ): Problem[] => {
    const items = [...wanted].filter((one) => there?.has(one) === false).map((one) => `${item} → ${one}`);
    if (items.length === 0) return [];
    return [
      {
        kind: "not-contained",
        reason: `Dashboards refer to ${what} that this Grafana does not have.`,
        items,
      },
    ];
  };
  return [
    ...lost(dataSourcesIn(content), known.dataSources, "data sources"),
    ...lost(libraryPanelsIn(content), known.libraryPanels, "library panels"),
  ];
}

interface Targets {
  /** Uids and names; absent: this account may not list them. */
  readonly dataSources: ReadonlySet<string> | undefined;
  readonly libraryPanels: ReadonlySet<string> | undefined;
}

const FRESH_MS = 30_000;
const cache = new WeakMap<HttpClient, { readonly at: number; readonly targets: Promise<Targets> }>();

/** Asked of the server once in a while, not once a dashboard; a step that runs elsewhere asks for itself. */
function knownTargets({ http }: Server, signal: AbortSignal): Promise<Targets> {
  const kept = cache.get(http);
  if (kept !== undefined && performance.now() - kept.at < FRESH_MS) return kept.targets;
  const targets = readTargets(http, signal);
  cache.set(http, { at: performance.now(), targets });
  targets.catch(() => cache.delete(http));
  return targets;
}

async function readTargets(http: HttpClient, signal: AbortSignal): Promise<Targets> {
  const sources = await readDataSources(http, signal).catch(() => undefined);
  const panels = await readLibraryPanelUids(http, signal).catch(() => undefined);
  return {
    dataSources: sources && new Set(sources.flatMap(({ uid, name }) => [uid, name])),
    libraryPanels: panels && new Set(panels),
  };
}
