import { type HttpClient, PluginError, v } from "contextcore";

/** Its query statistics lie beside the Prometheus API, whichever path leads there; no other server has them. */
const topQueries = v.object({ topByCount: v.array(v.unknown()), topBySumDuration: v.array(v.unknown()) });

/** Whether the server behind this prefix is a VictoriaMetrics, which answers most of Prometheus's API, but not all of it. */
export async function isVictoriaMetrics(
  http: HttpClient,
  prefix: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await http.json(topQueries, { path: `${prefix}/api/v1/status/top_queries`, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PluginError) return false;
    throw error;
  }
}

/** The error for a VictoriaMetrics in the place of a Mimir or a Prometheus. */
export const unsupported = ({ url }: HttpClient): PluginError =>
  new PluginError("invalid", `${url} is a VictoriaMetrics, which is not supported`, {
    hint: "It has no remote read, by which samples are exported unchanged. Its own vmbackup saves it; set `enabled: false` for this backend.",
  });
