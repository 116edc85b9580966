import { type Counts, type Importance, type Inventory, PluginError, v } from "contextcore";
import { PROVISIONING, ruleSchema } from "./alerting.ts";
import { annotationSpan } from "./annotations.ts";
import { readDataSources } from "./data-sources.ts";
import { countLibraryPanels } from "./library-panels.ts";
import { type Hit, searchAll } from "./search.ts";
import { read, type Server } from "./server.ts";

export interface InventoryOptions {
  readonly importance: Importance;
  /** Whether it is asked with a token, which sees only what its role allows. */
  readonly token: boolean;
  readonly now: bigint;
}

const healthSchema = v.object({ version: v.optional(v.string()) });

/** Grafana deletes nothing by itself: what it holds is kept until somebody deletes it. */
export async function takeInventory(
  server: Server,
  { importance, token, now }: InventoryOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const { http } = server;
  const { version } = await read(http, healthSchema, { path: "/api/health", signal });
  const { counts, refused } = await countAll(server, signal);
  const partial = isPartial(await searchAll(http, { type: "dash-folder" }, signal));
  const span = await annotationSpan(http, now, signal);
  return {
    signals: ["dashboards"],
    ...(version === undefined ? {} : { serverVersion: version }),
    ...span,
    retention: "unlimited",
    importance,
    counts,
    warnings: warnings({ partial, refused, token, dashboards: counts.dashboards ?? 0 }),
  };
}

/** True when there are folders in folders that the account may not see. */
function isPartial(folders: readonly Hit[]): boolean {
  const seen = new Set(folders.map(({ uid }) => uid));
  return folders.some(({ folderUid }) => folderUid !== "" && !seen.has(folderUid));
}

interface Counted {
  readonly counts: Counts;
  /** The kinds that this account may not read. */
  readonly refused: readonly string[];
}

async function countAll({ http }: Server, signal: AbortSignal): Promise<Counted> {
  const kinds: Readonly<Record<string, () => Promise<number>>> = {
    dashboards: async () => (await searchAll(http, { type: "dash-db" }, signal)).length,
    folders: async () => (await searchAll(http, { type: "dash-folder" }, signal)).length,
    "data-sources": async () => (await readDataSources(http, signal)).length,
    "library-panels": () => countLibraryPanels(http, signal),
    "alert-rules": async () =>
      (await read(http, v.array(ruleSchema), { path: `${PROVISIONING}/alert-rules`, signal })).length,
  };
  const counts: Record<string, number> = {};
  const refused: string[] = [];
  for (const [unit, count] of Object.entries(kinds)) {
    try {
      counts[unit] = await count();
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      if (error.status === 403) refused.push(unit.replace("-", " "));
      else if (error.status !== 404) throw error;
    }
  }
  return { counts, refused };
}

interface Findings {
  readonly partial: boolean;
  readonly refused: readonly string[];
  readonly token: boolean;
  readonly dashboards: number;
}

function warnings({ partial, refused, token, dashboards }: Findings): string[] {
  const found: string[] = [];
  if (refused.length > 0)
    found.push(
      `This account may not read ${refused.join(", ")}: an export will lack them. The role Admin may.`,
    );
  if (partial) found.push("This account sees only part of the folders: an export will lack the rest.");
  else if (token && dashboards === 0)
    found.push(
      "No dashboard can be seen with this token. Either there is none, or the token's role does not show any.",
    );
  return found;
}
