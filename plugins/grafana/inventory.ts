/** What is known about a Grafana without an export: its contents, its size, and what it would refuse. */
import {
  type Counts,
  given,
  type Inventory,
  isOfThisCall,
  type Limit,
  PluginError,
  type Size,
  v,
} from "contextcore";
import { annotationSpan } from "./annotations.ts";
import { readDashboard } from "./dashboard-calls.ts";
import { KINDS } from "./kinds/index.ts";
import { type Hit, searchAll } from "./lists.ts";
import { read, readIfThere, type Server, unlessRefused } from "./server.ts";

interface InventoryOptions {
  /** Whether it is accessed with a token, which sees only what its role allows. */
  readonly token: boolean;
  readonly now: bigint;
}

const healthSchema = v.object({ version: v.optional(v.string()) });

/** Grafana never deletes anything by itself. */
export async function takeInventory(server: Server, { token, now }: InventoryOptions): Promise<Inventory> {
  const { version } = await read(server, healthSchema, { path: "/api/health" });
  const { counts, refused, unread } = await countAll(server);
  const orUnread = <Value>(reading: Promise<Value>): Promise<Value | undefined> =>
    reading.catch((error: unknown) => {
      if (!isOfThisCall(error)) throw error;
      unread.push(error.message);
      return undefined;
    });
  const partial = isPartial((await orUnread(searchAll(server, { type: "dash-folder" }))) ?? []);
  const span = await orUnread(annotationSpan(server, now));
  return {
    signals: ["dashboards"],
    ...given({ serverVersion: version }),
    ...span,
    retention: "unlimited",
    counts,
    warnings: warnings({ partial, refused, unread, token, dashboards: counts.dashboards }),
  };
}

/** True when there are nested folders that the account may not see. */
function isPartial(folders: readonly Hit[]): boolean {
  const seen = new Set(folders.map(({ uid }) => uid));
  return folders.some(({ folderUid }) => folderUid !== "" && !seen.has(folderUid));
}

interface Counted {
  readonly counts: Counts;
  /** The kinds that this account may not read. */
  readonly refused: readonly string[];
  /** What Grafana said where it failed. */
  readonly unread: string[];
}

async function countAll(server: Server): Promise<Counted> {
  const counts: Record<string, number> = {};
  const refused: string[] = [];
  const unread: string[] = [];
  for (const kind of KINDS) {
    const { unit, count } = kind.inventory ?? kind;
    try {
      if (count !== undefined) counts[unit] = await count(server);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      if (error.status === 404) continue;
      if (error.status === 403) refused.push(kind.plural);
      else if (isOfThisCall(error)) unread.push(error.message);
      else throw error;
    }
  }
  return { counts, refused, unread };
}

interface Findings extends Omit<Counted, "counts"> {
  readonly partial: boolean;
  readonly token: boolean;
  /** Absent: they could not be listed. */
  readonly dashboards: number | undefined;
}

function warnings({ partial, refused, unread, token, dashboards }: Findings): string[] {
  const found = [...new Set(unread)].map((reason) => `This could not be looked at: ${reason}.`);
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

const quotasSchema = v.array(v.object({ target: v.string(), limit: v.number(), used: v.number() }));

/** Since 9.3 a Grafana without quotas, as it comes, fails at them with these words. */
function unlessWithout(error: unknown): undefined {
  if (error instanceof PluginError && error.status === 500 && error.message.includes("failed to get quota"))
    return undefined;
  return unlessRefused(error);
}

/** The organisation's quotas, if it has any: a restore beyond one is refused object by object. */
export async function readLimits(server: Server): Promise<Limit[]> {
  // Reading quotas needs more rights than reading dashboards.
  const quotas = await readIfThere(server, quotasSchema, { path: "/api/org/quotas" }).catch(unlessWithout);
  return (quotas ?? [])
    .filter(({ limit }) => limit >= 0)
    .map(({ target, limit, used }) => ({
      setting: `[quota] ${target}`,
      value: String(limit),
      effect: `${used} of ${limit} are used; a restore beyond that is refused; -1 sets no limit.`,
    }));
}

const SAMPLE = 20;

/** Grafana's size, estimated from its dashboards. */
export async function measure(server: Server): Promise<Size> {
  const hits = await searchAll(server, { type: "dash-db" });
  const every = Math.max(1, Math.floor(hits.length / SAMPLE));
  const sample = hits.filter((_, index) => index % every === 0).slice(0, SAMPLE);
  let bytes = 0;
  for (const { uid } of sample) {
    bytes += Buffer.byteLength((await readDashboard(server, uid)).text);
  }
  const average = sample.length === 0 ? 0 : bytes / sample.length;
  const how = `${sample.length} of ${hits.length} dashboards read, as JSON`;
  return { bytes: Math.round(average * hits.length), source: "estimate", how };
}
