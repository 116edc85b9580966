import { type HttpClient, isKind, isOfThisCall, type Problem } from "contextcore";
import { readDataSources } from "./kinds/data-sources.ts";
import { readLibraryPanelUids } from "./kinds/library-panels.ts";
import { dataSourcesIn, libraryPanelsIn } from "./references.ts";
import type { Server } from "./server.ts";

interface Referring {
  /** The kind of object: `Dashboards`. */
  readonly what: string;
  /** The object, for the list of items. */
  readonly item: string;
  readonly content: unknown;
}

/** References to objects that this Grafana does not have. The export loses nothing, but a restore cannot fix them. */
export async function dangling(server: Server, { what, item, content }: Referring): Promise<Problem[]> {
  const known = await knownTargets(server);
  const lost = (
    wanted: ReadonlySet<string>,
    there: ReadonlySet<string> | undefined,
    target: string,
  ): Problem[] => {
    const items = [...wanted].filter((one) => there?.has(one) === false).map((one) => `${item} → ${one}`);
    if (items.length === 0) return [];
    return [
      { kind: "not-contained", reason: `${what} refer to ${target} that this Grafana does not have.`, items },
    ];
  };
  return [
    ...lost(dataSourcesIn(content), known.dataSources, "data sources"),
    ...lost(libraryPanelsIn(content), known.libraryPanels, "library panels"),
  ];
}

interface Targets {
  /** Uids and names; absent: this account may not list them, or Grafana fails at it, which the list's own step says. */
  readonly dataSources: ReadonlySet<string> | undefined;
  readonly libraryPanels: ReadonlySet<string> | undefined;
}

const FRESH_MS = 30_000;
const recent = new WeakMap<HttpClient, { readonly at: number; readonly targets: Promise<Targets> }>();

/** Asks the server only once in a while, not per object; a step in another process asks for itself. */
function knownTargets(server: Server): Promise<Targets> {
  const { http } = server;
  const kept = recent.get(http);
  if (kept !== undefined && performance.now() - kept.at < FRESH_MS) return kept.targets;
  const targets = readTargets(server);
  recent.set(http, { at: performance.now(), targets });
  targets.catch(() => recent.delete(http));
  return targets;
}

async function readTargets(server: Server): Promise<Targets> {
  const sources = await ifListed(server, readDataSources);
  const panels = await ifListed(server, readLibraryPanelUids);
  return {
    dataSources: sources && new Set(sources.flatMap(({ uid, name }) => [uid, name])),
    libraryPanels: panels && new Set(panels),
  };
}

/** The whole list, if all of it is of the right shape. */
async function ifListed<Value>(
  server: Server,
  list: (server: Server) => Promise<Value>,
): Promise<Value | undefined> {
  let isWhole = true;
  try {
    const found = await list({
      ...server,
      spoilt: () => {
        isWhole = false;
      },
    });
    return isWhole ? found : undefined;
  } catch (error) {
    if (isKind(error, "refused", "not-found") || isOfThisCall(error)) return undefined;
    throw error;
  }
}
