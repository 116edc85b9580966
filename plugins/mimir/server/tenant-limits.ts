import { objectOf, parseDuration, parseYaml, v } from "contextcore";
import { ifShown } from "./api.ts";
import type { Server } from "./server.ts";

/** A Mimir or Cortex tenant's limits by their names in the configuration file. */
export type TenantLimits = Readonly<Record<string, unknown>>;

const limitsOf = v.object({ limits: v.optional(objectOf(v.unknown()), {}) });
const overridesOf = v.object({
  overrides: v.optional(v.nullable(objectOf(v.nullable(objectOf(v.unknown())))), {}),
});
const userLimits = objectOf(v.unknown());

/** The tenant's name when the server is not multi-tenant. */
const SINGLE_TENANT = "anonymous";

/**
 * The limits that hold for the tenant: the server's defaults from `/config`, and the tenant's own from `/runtime_config`; behind a
 * gateway that offers neither, the few that `/api/v1/user_limits` gives.
 */
export async function tenantLimits(server: Server, signal: AbortSignal): Promise<TenantLimits> {
  const defaults = await yamlPage(server, limitsOf, "/config", signal);
  const overrides = await yamlPage(server, overridesOf, "/runtime_config", signal);
  const own = overrides?.overrides?.[server.tenant ?? SINGLE_TENANT] ?? {};
  if (defaults !== undefined) return { ...defaults.limits, ...own };
  const shown = await ifShown(server.http.json(userLimits, { path: "/api/v1/user_limits", signal }));
  const seconds = shown?.compactor_blocks_retention_period_seconds;
  const retention = typeof seconds === "number" ? { compactor_blocks_retention_period: `${seconds}s` } : {};
  return { ...shown, ...retention, ...own };
}

const tenancyOf = v.object({
  multitenancy_enabled: v.optional(v.boolean()),
  auth_enabled: v.optional(v.boolean()),
});

/** True when the server says that it ignores the tenant that a request names; Cortex calls the setting `auth_enabled`. */
export async function ignoresTenants(server: Server, signal: AbortSignal): Promise<boolean> {
  const { multitenancy_enabled, auth_enabled } = (await yamlPage(server, tenancyOf, "/config", signal)) ?? {};
  return (multitenancy_enabled ?? auth_enabled) === false;
}

/** `undefined` when the page is not there, or says something else: a server without the file answers with a sentence. */
async function yamlPage<Schema extends v.GenericSchema>(
  server: Server,
  schema: Schema,
  path: string,
  signal: AbortSignal,
): Promise<v.InferOutput<Schema> | undefined> {
  const text = await ifShown(server.http.send({ path, signal }).then((answer) => answer.text()));
  if (text === undefined || /^\s*</.test(text)) return undefined;
  const checked = v.safeParse(schema, parseYaml(text));
  return checked.success ? checked.output : undefined;
}

/** A limit that is a duration, ns; 0 stands for "none" and is `undefined`. */
export function durationLimit(limits: TenantLimits, name: string): bigint | undefined {
  const value = limits[name];
  if (typeof value !== "string" || value === "") return undefined;
  try {
    return parseDuration(value) || undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
