import { askedOnce, type HttpClient, type HttpRequest, isKind, PluginError, v } from "contextcore";
import { type ApiAnswer, callApi, ifOffered } from "./api.ts";
import { isVictoriaMetrics, unsupported } from "./victoria-metrics.ts";

/** The server, as the other files see it. */
export interface Server {
  readonly http: HttpClient;
  readonly tenant: string | undefined;
  /** Its name in messages. */
  readonly title: string;
  /** Asked once, then kept. */
  identity(signal: AbortSignal): Promise<Identity>;
  /** A call under the Prometheus API's prefix: `/api/v1/labels`. */
  api<Schema extends v.GenericSchema>(
    schema: Schema,
    request: HttpRequest & { readonly signal: AbortSignal },
  ): Promise<ApiAnswer<v.InferOutput<Schema>>>;
}

/**
 * The server behind a client: it is identified at the first call that needs to know, and again if that failed.
 * @param options the plugin's: `prefix` as configured (`auto`: found out), `tenant` where there is one
 */
export function createServer(
  http: HttpClient,
  options: { readonly prefix: string; readonly tenant?: string | undefined },
): Server {
  const identity = askedOnce((signal) => identify(http, options.prefix, signal));
  return {
    http,
    tenant: options.tenant,
    title: http.url,
    identity,
    async api(schema, request) {
      const { prefix } = await identity(request.signal);
      return callApi(http, schema, { ...request, path: prefix + request.path });
    },
  };
}

type Flavour = "prometheus" | "mimir" | "cortex";

/** What kind of server it is, and where its Prometheus API lies. */
interface Identity {
  readonly flavour: Flavour;
  readonly version: string;
  /** Before `/api/v1/query` and `/api/v1/read`: empty, or `/prometheus` for Mimir and Cortex. */
  readonly prefix: string;
}

const buildInfo = v.object({
  version: v.optional(v.string(), ""),
  application: v.optional(v.string()),
  /** Every server of this family names the Go version that it was built with. */
  goVersion: v.optional(v.string()),
});

/**
 * Finds out which server it is: Mimir names itself in its build information, Cortex is known by the ring pages that a
 * Prometheus does not have.
 * @param configured the option `prefix`; `auto` tries Mimir's prefix first
 * @throws PluginError `invalid` when nothing there answers as one of them does, or when it is a VictoriaMetrics
 */
async function identify(http: HttpClient, configured: string, signal: AbortSignal): Promise<Identity> {
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
    throw unsupported(http);
  const cortex = prefix !== "" && (await hasCortexPages(http, signal));
  return { flavour: cortex ? "cortex" : "prometheus", version: info?.version ?? "", prefix };
}

/**
 * `undefined` also if the answer is a web page, or if the server refuses the path itself (VictoriaMetrics answers 400 to a
 * path that it does not know): another prefix may still be right.
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

async function hasCortexPages(http: HttpClient, signal: AbortSignal): Promise<boolean> {
  const page = await ifOffered(http.send({ path: "/services", signal }).then((answer) => answer.text()));
  return page !== undefined && /distributor|querier|ingester/i.test(page);
}
