/** What a server says of itself: its own metrics, and what Mimir and Cortex say of tenants. */
import { type HttpClient, PluginError, v } from "contextcore";
import { ifShown } from "./api.ts";
import type { Server } from "./server.ts";

/** The numbers that a server shows of itself at `/metrics`, by name; series with labels are added up. */
export async function ownMetrics(server: Server, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const { flavour, prefix } = await server.identity(signal);
  const path = flavour === "prometheus" ? `${prefix}/metrics` : "/metrics";
  const page = await ifShown(server.http.send({ path, signal }).then((answer) => answer.text()));
  const numbers = new Map<string, number>();
  for (const line of (page ?? "").split("\n")) {
    const [, name, value] = /^([a-zA-Z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line) ?? [];
    if (name !== undefined) numbers.set(name, (numbers.get(name) ?? 0) + Number(value));
  }
  return numbers;
}

/** What Mimir and Cortex say of a tenant. */
interface UserStats {
  /** The series in memory: those that are written now. */
  readonly numSeries: number;
  /** Samples a second; 0 where it is not said. */
  readonly ingestionRate: number;
}

const schema = v.object({ numSeries: v.number(), ingestionRate: v.optional(v.number(), 0) });

/** `undefined` where the server does not show it. */
export const userStats = (server: Server, signal: AbortSignal): Promise<UserStats | undefined> =>
  ifShown(server.http.json(schema, { path: "/api/v1/user_stats", signal }));

/** Those that write now, as the ingesters know them. */
const writing = v.array(v.object({ userID: v.string() }));
/** Those that have blocks in the storage. */
const stored = v.object({ tenants: v.optional(v.array(v.string()), []) });

/**
 * The tenants that write, and those that have blocks: neither list has all of them.
 * @throws PluginError where the server shows none of the two
 */
export async function listTenants(http: HttpClient, signal: AbortSignal): Promise<readonly string[]> {
  const headers = { Accept: "application/json" };
  const ask = <Schema extends v.GenericSchema>(schema: Schema, path: string) =>
    ifShown(http.json(schema, { path, headers, signal }));
  const [now, before] = await Promise.all([
    ask(writing, "/distributor/all_user_stats"),
    ask(stored, "/store-gateway/tenants"),
  ]);
  if (now === undefined && before === undefined)
    throw new PluginError("refused", `${http.url} does not list its tenants`, {
      hint: "Name them in `tenants`, or let this program reach the server without its gateway.",
    });
  return [...new Set([...(now ?? []).map(({ userID }) => userID), ...(before?.tenants ?? [])])];
}
