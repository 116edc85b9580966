import { parseDuration } from "contextcore";
import { prometheusSettings } from "./server/prometheus-settings.ts";
import type { Server } from "./server/server.ts";
import { durationLimit, tenantLimits } from "./server/tenant-limits.ts";

export interface Retention {
  /** ns; absent: the server did not say */
  readonly retention?: bigint | "unlimited";
  readonly warnings: readonly string[];
}

/** How long the server keeps samples. */
export async function readRetention(server: Server, signal: AbortSignal): Promise<Retention> {
  const { flavour } = await server.identity(signal);
  if (flavour === "prometheus")
    return prometheusRetention((await prometheusSettings(server, signal)).retention);
  const limits = await tenantLimits(server, signal);
  const lookback = durationLimit(limits, "max_query_lookback");
  const warnings =
    lookback === undefined
      ? []
      : [`Data older than ${limits.max_query_lookback} cannot be read: limits.max_query_lookback hides it.`];
  if (!("compactor_blocks_retention_period" in limits)) return { warnings };
  return { retention: durationLimit(limits, "compactor_blocks_retention_period") ?? "unlimited", warnings };
}

/** `15d`, `10GiB`, or `15d or 10GiB`: whichever comes first. */
function prometheusRetention(said: string | undefined): Retention {
  if (said === undefined) return { warnings: [] };
  const [first = "", second] = said.split(" or ");
  const size = second ?? (/B$/.test(first) ? first : undefined);
  const warnings =
    size === undefined
      ? []
      : [`It keeps at most ${size} of blocks and deletes the oldest beyond that, whatever their age.`];
  if (/B$/.test(first)) return { warnings };
  try {
    return { retention: parseDuration(first) || "unlimited", warnings };
  } catch (error) {
    if (error instanceof RangeError) return { warnings };
    throw error;
  }
}
