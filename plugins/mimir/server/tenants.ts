/** Which tenants a Mimir or a Cortex has. */
import { type HttpClient, PluginError, v } from "contextcore";
import { ifShown } from "./api.ts";

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
