import { type HttpClient, isKind, PluginError, v } from "contextcore";
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
  /** All of them say what they were built with. */
  goVersion: v.optional(v.string()),
});

/**
 * Finds out which server it is: Mimir names itself in its build information, Cortex is known by the ring pages that a
 * Prometheus does not have.
 * @param configured the option `prefix`; `auto` tries Mimir's prefix first
 * @throws PluginError `invalid` when nothing there answers as one of them does, or when it is a VictoriaMetrics
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
  if (info?.goVersion === undefined && (await isVictoriaMetrics(http, prefix, signal)))
    throw new PluginError("invalid", `${http.url} is a VictoriaMetrics, which is not supported`, {
      hint: VM,
    });
  const cortex = prefix !== "" && (await hasCortexPages(http, signal));
  return { flavour: cortex ? "cortex" : "prometheus", version: info?.version ?? "", prefix };
}

/**
 * `undefined` also where a page stands instead of the API, or the path itself is called wrong (VictoriaMetrics answers 400 to
 * one that it does not know): other prefixes are still to be tried.
 */
async function offered<Schema extends v.GenericSchema>(
  http: HttpClient,
  schema: Schema,
  path: string,
  signal: AbortSignal,
): Promise<v.InferOutput<Schema> | undefined> {
  try {
    return (await ifOffered(callApi(http, schema, { path, signal })))?.data;
  } catch (error) {
    if (isKind(error, "invalid") && (error.status ?? 400) === 400) return undefined;
    throw error;
  }
}

/** Its query statistics lie beside the Prometheus API, whichever path leads there; no other server has them. */
const topQueries = v.object({ topByCount: v.array(v.unknown()), topBySumDuration: v.array(v.unknown()) });

const VM =
  "It has no remote read, by which samples are exported unchanged. Its own vmbackup saves it; set `enabled: false` for this backend.";

async function isVictoriaMetrics(http: HttpClient, prefix: string, signal: AbortSignal): Promise<boolean> {
  try {
    await http.json(topQueries, { path: `${prefix}/api/v1/status/top_queries`, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PluginError) return false;
    throw error;
  }
}

async function hasCortexPages(http: HttpClient, signal: AbortSignal): Promise<boolean> {
  const page = await ifOffered(http.send({ path: "/services", signal }).then((answer) => answer.text()));
  return page !== undefined && /distributor|querier|ingester/i.test(page);
}
