/** What this server would refuse, alter or hide in a restore, with the setting to change. */
import {
  formatDuration,
  ignoredTenant,
  NS_PER_SECOND,
  type Range,
  type RestoreDiagnostic,
  type RestorePlan,
  toRfc3339,
} from "contextcore";
import { LOGS_FILE } from "../export/lines.ts";
import { DELETES_FILE } from "../objects/deletes.ts";
import { isRuleFile } from "../objects/rules.ts";
import type { Api } from "../server/api.ts";
import type { Border } from "../server/border.ts";
import { byParts, rootSelectors } from "../server/in-parts.ts";
import { ingesterReach, LOOK_BACK, type Settings } from "../server/settings.ts";

interface Situation {
  readonly plan: RestorePlan;
  readonly settings: Settings;
  /** ns */
  readonly now: bigint;
  readonly tenant: string | undefined;
}

/** Checks only what concerns the plan's files: lines, rules, delete requests. */
export async function preflight(
  api: Api,
  border: Border,
  situation: Situation,
  signal: AbortSignal,
): Promise<readonly RestoreDiagnostic[]> {
  const files = situation.plan.files.map(({ path }) => path);
  const logs = files.includes(LOGS_FILE)
    ? [
        ...RULES.flatMap((rule) => rule(situation) ?? []),
        ...(await newerLines(api, border, situation, signal)),
      ]
    : [];
  const deletes = files.includes(DELETES_FILE) ? [DELETES] : [];
  return [
    ...tenantIgnored(situation.settings, situation.tenant),
    ...logs,
    ...(files.some(isRuleFile) ? rulesOff(situation) : []),
    ...deletes,
  ];
}

/** Measured with 3.x: its configuration says `auth_enabled: true`, or nothing. */
function tenantIgnored(settings: Settings, tenant: string | undefined): RestoreDiagnostic[] {
  if (tenant === undefined || !settings.known || settings.flag("auth_enabled") === true) return [];
  return [ignoredTenant("This Loki", tenant, "auth_enabled: true")];
}

/** What is said of lines; `undefined` where there is nothing to say. */
const RULES: readonly ((situation: Situation) => RestoreDiagnostic | undefined)[] = [
  ({ settings, plan, now }) => {
    const age = settings.duration("limits_config.reject_old_samples_max_age") ?? 0n;
    if (settings.flag("limits_config.reject_old_samples") !== true || plan.range.from >= now - age) return;
    return {
      severity: "refuses",
      message: `Lines from before ${toRfc3339(now - age)} are refused as too old (reject_old_samples_max_age is ${formatDuration(age)}).`,
      setting: "limits_config.reject_old_samples: false",
    };
  },
  ({ settings }) => {
    if (settings.flag("limits_config.allow_structured_metadata") !== false) return;
    return {
      severity: "refuses",
      message: "Lines with structured metadata are refused.",
      setting: "limits_config.allow_structured_metadata: true",
    };
  },
  ({ settings, plan, now }) => {
    const period = settings.limit("limits_config.retention_period");
    if (settings.flag("compactor.retention_enabled") !== true || period === undefined) return;
    if (plan.range.from >= now - period) return;
    return {
      severity: "hides",
      message: `Lines from before ${toRfc3339(now - period)} are past the retention of ${formatDuration(period)}: the compactor will delete them again.`,
      setting: "limits_config.retention_period: 0s",
    };
  },
  ({ settings, plan, now }) => {
    const lookback = settings.limit("limits_config.max_query_lookback");
    if (lookback === undefined || plan.range.from >= now - lookback) return;
    return {
      severity: "hides",
      message: `Queries reach back ${formatDuration(lookback)} only: older lines would be there and not be seen.`,
      setting: "limits_config.max_query_lookback: 0s",
    };
  },
  ({ settings }) => {
    if (settings.flag("limits_config.increment_duplicate_timestamp") !== true) return;
    return {
      severity: "alters",
      message: "Lines of the same nanosecond are given other times.",
      setting: "limits_config.increment_duplicate_timestamp: false",
    };
  },
  ({ settings }) => {
    if (settings.flag("limits_config.max_line_size_truncate") !== true) return;
    return {
      severity: "alters",
      message: `Lines longer than ${settings.text("limits_config.max_line_size") ?? "max_line_size"} are cut.`,
      setting: "limits_config.max_line_size_truncate: false",
    };
  },
  ({ settings }) => {
    if (settings.flag("limits_config.discover_log_levels") !== true) return;
    return {
      severity: "note",
      message:
        "A line without a detected_level is given one; lines that this Loki, or one like it, took before have theirs.",
      setting: "limits_config.discover_log_levels: false",
    };
  },
  ({ settings, plan, now }) => {
    const { setting, reach } = ingesterReach(settings) ?? {};
    if (setting === undefined || reach === undefined || plan.range.from >= now - reach) return;
    return {
      severity: "note",
      message: `Lines older than ${formatDuration(reach)} show in queries only once the ingesters have flushed them, which takes a minute or so after POST /flush.`,
      setting: `${setting}: ${setting === LOOK_BACK ? "240h, on a filesystem store" : "0s"}`,
    };
  },
];

/** Loki's default `ingester.max_chunk_age`, used if the server does not show it. ns */
const MAX_CHUNK_AGE = 7_200n * NS_PER_SECOND;

/** A stream refuses lines older than its newest one by more than half of max_chunk_age (pkg/ingester/stream.go). */
async function newerLines(
  api: Api,
  border: Border,
  { plan, settings, now }: Situation,
  signal: AbortSignal,
): Promise<RestoreDiagnostic[]> {
  if (Object.keys(plan.labels).length > 0) return [];
  const age = settings.duration("ingester.max_chunk_age") ?? MAX_CHUNK_AGE;
  const range = { from: plan.range.from + age / 2n, to: now };
  if (range.from >= range.to || !(await hasLines(api, border, range, signal))) return [];
  return [
    {
      severity: "refuses",
      message: `This Loki holds lines from after ${toRfc3339(range.from)}. A stream refuses what is more than ${formatDuration(age / 2n)} older than its newest line; lines that are there already are left as they are.`,
      setting: `ingester.max_chunk_age: ${formatDuration(2n * (now - plan.range.from))} (or restore beside them: --label restored_from=NAME)`,
    },
  ];
}

async function hasLines(api: Api, border: Border, whole: Range, signal: AbortSignal): Promise<boolean> {
  const hasAny = async (range: Range): Promise<boolean> => {
    for (const query of await rootSelectors(api, { range }, signal)) {
      const { entries } = await api.page({ query, range, limit: 1, direction: "backward" }, signal);
      if (entries.length > 0) return true;
    }
    return false;
  };
  const look = (part: Range) => Array.fromAsync(border.looks(part, hasAny, signal));
  for await (const found of byParts(whole, look)) if (found.includes(true)) return true;
  return false;
}

function rulesOff({ settings }: Situation): RestoreDiagnostic[] {
  if (settings.flag("ruler.enable_api") === false) {
    const setting = "ruler.enable_api: true";
    return [{ severity: "refuses", message: "Rules cannot be written: the ruler's API is off.", setting }];
  }
  if (settings.text("ruler.storage.type") !== "local") return [];
  const message = "Rules cannot be written: this Loki keeps them in local files, which its API only reads.";
  return [{ severity: "refuses", message, setting: "ruler.storage.type: s3 (or another object store)" }];
}

const DELETES: RestoreDiagnostic = {
  severity: "note",
  message:
    "The snapshot lists delete requests that were pending; they are not put back, since they would delete.",
};
