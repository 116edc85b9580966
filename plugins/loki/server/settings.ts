/** The server's settings, from its running configuration and this tenant's own limits, and what follows from them. */
import {
  formatDuration,
  fromMs,
  memberAt,
  NS_PER_SECOND,
  parseDuration,
  parseYaml,
  type SettingsReader,
  settingsReader,
  undefinedOn,
  v,
} from "contextcore";
import type { Api } from "./api.ts";

/** `limits_config.retention_period` and the like; limits of this tenant override the file's. */
export interface Settings extends SettingsReader {
  /** False if the server, or a gateway in front of it, does not show its configuration. */
  readonly known: boolean;
}

/** A server that does not show its configuration is not an error; its settings are then unknown. */
export async function readSettings(api: Api, signal: AbortSignal): Promise<Settings> {
  const [config, limits] = await Promise.all([
    readYaml(api, "/config", signal),
    readYaml(api, "/config/tenant/v1/limits", signal),
  ]);
  return toSettings(config, limits);
}

async function readYaml(api: Api, path: string, signal: AbortSignal): Promise<unknown> {
  const page = api.send({ path, signal }).then(async (answer) => parseYaml(await answer.text()));
  return undefinedOn(page, "refused", "not-found", "invalid");
}

/** For a single binary: older data is answered from the store, newer data by the ingesters. */
export const LOOK_BACK = "ingester.query_store_max_look_back_period";
const WITHIN = "querier.query_ingesters_within";

/** A single binary's default look-back, which {@link LOOK_BACK} usually has. ns */
const USUAL_LOOK_BACK = 9_360n * NS_PER_SECOND;

/**
 * How far before now the border between the store's and the ingesters' answers lies; `undefined` when there is none, because
 * both answer for the whole of any query that reaches the ingesters. If the configuration is hidden, the usual place is
 * assumed: that costs a wait, and the opposite mistake would cost lines. ns
 */
export function lookBackOf(settings: Settings): bigint | undefined {
  if (!settings.known) return USUAL_LOOK_BACK;
  // A negative one leaves everything to the ingesters, and zero to both; neither is a limit.
  return settings.limit(LOOK_BACK);
}

/**
 * Queries do not reach the ingesters for data older than this: {@link LOOK_BACK} if set, otherwise `query_ingesters_within`
 * (`calculateIngesterMaxLookbackPeriod` in pkg/querier/intervals.go). `undefined`: all do, or it is unknown.
 */
export function ingesterReach(settings: Settings): { setting: string; reach: bigint } | undefined {
  const isOwn = /[1-9]/.test(settings.text(LOOK_BACK) ?? "");
  const setting = isOwn ? LOOK_BACK : WITHIN;
  const reach = settings.limit(setting);
  return reach === undefined ? undefined : { setting, reach };
}

const LIMITS = "limits_config.";

const toSettings = (config: unknown, limits: unknown): Settings => ({
  known: typeof config === "object" && config !== null,
  ...settingsReader((path) => {
    const own = path.startsWith(LIMITS) ? memberAt(limits, path.slice(LIMITS.length)) : undefined;
    return own ?? memberAt(config, path);
  }),
});

/** How long Loki keeps logs, and where its configuration is misleading. */
interface Retention {
  /** ns; absent: the server did not say. */
  readonly retention?: bigint | "unlimited";
  readonly retentionSetting?: string;
  readonly warnings: readonly string[];
}

/** Without `compactor.retention_enabled` nothing is ever deleted, whatever the period. */
export function readRetention(settings: Settings): Retention {
  if (!settings.known) return { warnings: [] };
  const period = settings.limit("limits_config.retention_period");
  if (settings.flag("compactor.retention_enabled") !== true) {
    return {
      retention: "unlimited",
      retentionSetting: "limits_config.retention_period (with compactor.retention_enabled: true)",
      warnings: period === undefined ? [] : [notEnforced(period)],
    };
  }
  const streams = settings.list("limits_config.retention_stream").flatMap(streamWarning);
  return {
    retention: period ?? "unlimited",
    retentionSetting: "limits_config.retention_period",
    warnings: streams,
  };
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
