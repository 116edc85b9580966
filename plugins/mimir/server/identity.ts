import { type HttpClient, PluginError, v } from "contextcore";
import { callApi, ifOffered } from "./api.ts";

export type Flavour = "prometheus" | "mimir" | "cortex";

/** What kind of server it is, and where its Prometheus API lies. */
export interface Identity {
  readonly flavour: Flavour;
  readonly version: string;
  /** Before `/api/v1/query` and `/api/v1/read`: empty, or `/prometheus` for Mimir and Cortex. */
  readonly prefix: string;
}

const buildInfo = v.object({
  version: v.optional(v.string(), ""),
  application: v.optional(v.string()),
});

/**
 * Finds out which server it is: Mimir names itself in its build information, Cortex is known by the ring pages that a
 * Prometheus does not have.
 * @param configured the option `prefix`; `auto` tries Mimir's prefix first
 * @throws PluginError `invalid` when nothing there answers as one of them does
 */
export async function identify(http: HttpClient, configured: string, signal: AbortSignal): Promise<Identity> {
  for (const prefix of configured === "auto" ? ["/prometheus", ""] : [configured]) {
    const identity = await identifyAt(http, prefix, signal);
    if (identity !== undefined) return identity;
  }
  throw new PluginError("invalid", `${http.url} does not answer as Prometheus, Mimir or Cortex do`, {
    hint: "Check `url`; if the API lies under another path, make that path part of `url`.",
  });
}

async function identifyAt(
  http: HttpClient,
  prefix: string,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const info = await offered(http, buildInfo, `${prefix}/api/v1/status/buildinfo`, signal);
  if (info?.application?.includes("Mimir")) return { flavour: "mimir", version: info.version, prefix };
  const answers = info !== undefined || (await offered(http, v.unknown(), `${prefix}/api/v1/labels`, signal));
  if (answers === undefined || answers === false) return undefined;
  const cortex = prefix !== "" && (await hasCortexPages(http, signal));
  return { flavour: cortex ? "cortex" : "prometheus", version: info?.version ?? "", prefix };
}

/** `undefined` also where a page stands instead of the API: other prefixes are still to be tried. */
async function offered<Schema extends v.GenericSchema>(
  http: HttpClient,
  schema: Schema,
  path: string,
  signal: AbortSignal,
): Promise<v.InferOutput<Schema> | undefined> {
  try {
    return (await ifOffered(callApi(http, schema, { path, signal })))?.data;
  } catch (error) {
    if (error instanceof PluginError && error.kind === "invalid" && error.status === undefined)
      return undefined;
    throw error;
  }
}

async function hasCortexPages(http: HttpClient, signal: AbortSignal): Promise<boolean> {
  const page = await ifOffered(http.send({ path: "/services", signal }).then((answer) => answer.text()));
  return page !== undefined && /distributor|querier|ingester/i.test(page);
}
