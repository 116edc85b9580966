import { type Limit, PluginError, v } from "contextcore";
import { readIfThere, type Server } from "./server.ts";

const quotasSchema = v.array(v.object({ target: v.string(), limit: v.number(), used: v.number() }));

/** The organisation's quotas, where it has any: a restore that would go beyond one is refused object by object. */
export async function readLimits({ http }: Server, signal: AbortSignal): Promise<Limit[]> {
  const quotas = await readIfThere(http, quotasSchema, { path: "/api/org/quotas", signal }).catch(notAllowed);
  return (quotas ?? [])
    .filter(({ limit }) => limit >= 0)
    .map(({ target, limit, used }) => ({
      setting: `[quota] ${target}`,
      value: String(limit),
      effect: `${used} of ${limit} are used; a restore beyond that is refused; -1 sets no limit.`,
    }));
}

/** Reading quotas needs more rights than reading dashboards. */
function notAllowed(error: unknown): undefined {
  if (error instanceof PluginError && error.status === 403) return undefined;
  throw error;
}
