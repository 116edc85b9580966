/** How long Loki keeps logs, and where its configuration is misleading. */
import { formatDuration, fromMs, parseDuration, v } from "contextcore";
import type { Settings } from "./settings.ts";

export interface Retention {
  /** ns; absent: the server did not say. */
  readonly retention?: bigint | "unlimited";
  readonly warnings: readonly string[];
}

/** Without `compactor.retention_enabled` nothing is ever deleted, whatever the period. */
export function readRetention(settings: Settings): Retention {
  if (!settings.known) return { warnings: [] };
  const period = settings.duration("limits_config.retention_period") ?? 0n;
  if (settings.flag("compactor.retention_enabled") !== true) {
    return { retention: "unlimited", warnings: period === 0n ? [] : [notEnforced(period)] };
  }
  const streams = settings.list("limits_config.retention_stream").flatMap(streamWarning);
  return { retention: period === 0n ? "unlimited" : period, warnings: streams };
}

/** Start of the first schema, ns: Loki stores no older lines. `undefined` if it is not shown. */
export function schemaStart(settings: Settings): bigint | undefined {
  const dates = settings.list("schema_config.configs").map((one) => v.safeParse(period, one));
  const times = dates.flatMap(({ success, output }) => (success ? [output.from] : []));
  return times.length === 0 ? undefined : times.reduce((first, time) => (time < first ? time : first));
}

/** `2020-10-24`; years before 1970 are ignored. */
const period = v.object({
  from: v.pipe(
    v.string(),
    v.transform((text) => fromMs(Math.max(0, Date.parse(text) || 0))),
  ),
});

const notEnforced = (period: bigint): string =>
  `limits_config.retention_period is ${formatDuration(period)}, but compactor.retention_enabled is false: nothing is ever deleted.`;

function streamWarning(rule: unknown): string[] {
  if (typeof rule !== "object" || rule === null || !("selector" in rule) || !("period" in rule)) return [];
  return [
    `Streams that match ${rule.selector} are kept ${duration(String(rule.period))} (limits_config.retention_stream).`,
  ];
}

function duration(text: string): string {
  try {
    return formatDuration(parseDuration(text));
  } catch {
    return text;
  }
}
