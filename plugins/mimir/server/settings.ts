import { given, objectOf, parseYaml, settingsReader, v } from "contextcore";
import type { Labels } from "../line/labels.ts";
import { ifShown } from "./api.ts";
import type { Server } from "./server.ts";

/** What a Prometheus says of how it was started and configured. */
export interface PrometheusSettings {
  /** Command line flags by name, without dashes. */
  readonly flags: Readonly<Record<string, string>>;
  /** Labels that it adds to every series that remote read gives. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** `15d`, `15d or 10GiB`: as the server itself sums it up. */
  readonly retention?: string;
  /** How late a sample may come, e.g. `30m`; absent: not at all. */
  readonly outOfOrderWindow?: string;
}

const text = v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String));
const config = v.object({
  global: v.optional(v.object({ external_labels: v.optional(objectOf(text), {}) })),
  storage: v.optional(
    v.object({ tsdb: v.optional(v.object({ out_of_order_time_window: v.optional(text) })) }),
  ),
});

/** Settings that the server does not show are left out (Mimir gives empty answers). */
export async function prometheusSettings(server: Server, signal: AbortSignal): Promise<PrometheusSettings> {
  const flags = await ifShown(server.api(objectOf(v.string()), { path: "/api/v1/status/flags", signal }));
  const status = await ifShown(
    server.api(v.object({ yaml: v.optional(v.string(), "") }), { path: "/api/v1/status/config", signal }),
  );
  const runtime = await ifShown(
    server.api(v.object({ storageRetention: v.optional(v.string()) }), {
      path: "/api/v1/status/runtimeinfo",
      signal,
    }),
  );
  const checked = v.safeParse(config, parseYaml(status?.data.yaml ?? "") ?? {});
  const { global, storage } = checked.success ? checked.output : {};
  const retention = runtime?.data.storageRetention;
  const window = storage?.tsdb?.out_of_order_time_window;
  return {
    flags: flags?.data ?? {},
    externalLabels: global?.external_labels ?? {},
    ...given({ retention, outOfOrderWindow: window }),
  };
}

/** A set of labels without those that a Prometheus adds when it is read, whether they were written or not. */
export async function ownLabels(server: Server, signal: AbortSignal): Promise<(labels: Labels) => Labels> {
  const { flavour } = await server.identity(signal);
  if (flavour !== "prometheus") return (labels) => labels;
  const { externalLabels } = await prometheusSettings(server, signal);
  return (labels) => labels.filter(([name, value]) => externalLabels[name] !== value);
}

/** A Mimir or Cortex tenant's limits by their names in the configuration file. */
export type TenantLimits = Readonly<Record<string, unknown>>;

/** A limit of each tenant since Mimir 3; before, of the queriers. */
const WITHIN = "query_ingesters_within";

const limitsOf = v.object({
  limits: v.optional(objectOf(v.unknown()), {}),
  querier: v.optional(v.object({ [WITHIN]: v.optional(v.unknown()) }), {}),
});
const overridesOf = v.object({
  overrides: v.optional(v.nullable(objectOf(v.nullable(objectOf(v.unknown())))), {}),
});
const userLimits = objectOf(v.unknown());

/** The tenant's name when the server is not multi-tenant. */
const SINGLE_TENANT = "anonymous";

/**
 * The limits that hold for the tenant: the server's defaults from `/config`, and the tenant's own from `/runtime_config`; behind
 * a gateway that offers neither, the few that `/api/v1/user_limits` gives.
 */
export async function tenantLimits(server: Server, signal: AbortSignal): Promise<TenantLimits> {
  const defaults = await yamlPage(server, limitsOf, "/config", signal);
  const overrides = await yamlPage(server, overridesOf, "/runtime_config", signal);
  const own = overrides?.overrides?.[server.tenant ?? SINGLE_TENANT] ?? {};
  if (defaults !== undefined) return { ...defaults.querier, ...defaults.limits, ...own };
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

/** `undefined` when there is no such page, or it is not of this form: a server without the file answers with a sentence. */
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

/** A limit that is a duration, ns; `undefined` where zero turns it off. */
export const durationLimit = (limits: TenantLimits, name: string): bigint | undefined =>
  settingsReader((setting) => limits[setting]).limit(name);
