/** Makes an instance of each tenant of one server: those that are named, or all that the server lists. */
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/errors.ts";
import { type Configured, tenantInstance } from "../config/instances.ts";
import { resolveOptions } from "../config/resolve-options.ts";
import { PluginError } from "../contract/errors.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import type { OpenBackend } from "./open.ts";

/** How long a server may take to list its tenants. ms */
const TENANTS_MS = 30_000;

/** A listed tenant, and the name of its instance. */
export interface OfTenant {
  readonly ofTenant?: { readonly name: string; readonly tenant: string };
}

/**
 * What is opened under a configured name: one instance, or one for each tenant, or an error if the server does not list them.
 * @param open opens the server without a tenant to ask it; absent: no server is asked, and `"*"` remains one instance
 * @throws ConfigError
 */
export async function tenantsOf(
  named: Configured,
  config: Config,
  open?: () => Promise<OpenBackend>,
): Promise<readonly OfTenant[] | PluginError> {
  const { core, found } = resolveOptions(named, "backends", config);
  const { tenants } = core;
  if (!Array.isArray(tenants)) return [{}];
  const one = found.find(({ key, from }) => key === "tenant" && from !== "default");
  if (one !== undefined)
    throw tenantsProblem(named, config, "contradicts `tenant`", "Set only one of the two.");
  const isAll = tenants.length === 1 && tenants[0] === "*";
  if (isAll && open === undefined) return [{}];
  const all = isAll && open !== undefined ? await listed(named, config, await open()) : tenants.map(String);
  if (all instanceof PluginError) return all;
  return all.map((tenant) => ({ ofTenant: { name: tenantInstance(named.name, tenant), tenant } }));
}

async function listed(
  named: Configured,
  config: Config,
  { backend }: OpenBackend,
): Promise<readonly string[] | PluginError> {
  if (backend.tenants === undefined)
    throw tenantsProblem(named, config, "this backend cannot list its tenants", "Name them: [a, b].");
  try {
    const all = await withTimeLimit(async (signal) => backend.tenants?.(signal) ?? [], undefined, {
      limitMs: TENANTS_MS,
      late: () => new PluginError("temporary", `${named.name} did not list its tenants in time`),
    });
    return all.toSorted();
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
}

/** An instance whose tenants are unknown: every call fails with the reason. */
export function silent(open: OpenBackend, error: PluginError): OpenBackend {
  const refuse = (): Promise<never> => Promise.reject(error);
  return {
    ...open,
    backend: { inventory: refuse, size: refuse, export: { start: refuse, step: refuse } },
  };
}

function tenantsProblem({ name }: Configured, config: Config, what: string, hint: string): ConfigError {
  const path = ["backends", name, "tenants"];
  const where = config.where?.(path) ?? "the configuration";
  return new ConfigError([{ where, key: path.join("."), what, hint }]);
}
