/** How long Loki keeps logs, and where its configuration says less than it seems to. */
import { formatDuration, parseDuration } from "contextcore";
import type { Settings } from "./settings.ts";

export interface Retention {
  /** ns; absent: the server did not say. */
  readonly retention?: bigint | "unlimited";
  readonly warnings: readonly string[];
}

/** Without `compactor.retention_enabled` nothing is ever deleted, whatever the period says. */
export function readRetention(settings: Settings): Retention {
  if (!settings.known) return { warnings: [] };
  const period = settings.duration("limits_config.retention_period") ?? 0n;
  if (settings.flag("compactor.retention_enabled") !== true) {
    return { retention: "unlimited", warnings: period === 0n ? [] : [notEnforced(period)] };
  }
  const streams = settings.list("limits_config.retention_stream").flatMap(streamWarning);
  return { retention: period === 0n ? "unlimited" : period, warnings: streams };
}

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
