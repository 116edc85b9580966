/** The server's settings, from its running configuration and this tenant's own limits, and what follows from them. */
import {
  formatDuration,
  fromMs,
  isKind,
  NS_PER_SECOND,
  parseBytes,
  parseDuration,
  parseYaml,
  v,
} from "contextcore";
import type { Api } from "./api.ts";

export interface Settings {
  /** False if the server, or a gateway in front of it, does not show its configuration. */
  readonly known: boolean;
  /** `limits_config.retention_period`, as written; tenant limits override the file's. */
  text(path: string): string | undefined;
  number(path: string): number | undefined;
  flag(path: string): boolean | undefined;
  /** ns */
  duration(path: string): bigint | undefined;
  bytes(path: string): number | undefined;
  list(path: string): readonly unknown[];
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
  try {
    const answer = await api.send({ path, signal });
    return parseYaml(await answer.text());
  } catch (error) {
    if (isKind(error, "refused", "not-found", "invalid")) return undefined;
    throw error;
  }
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
  // A negative one leaves everything to the ingesters, and zero to both; neither is a positive duration.
  const back = settings.duration(LOOK_BACK) ?? 0n;
  return back > 0n ? back : undefined;
}

/**
 * Queries do not reach the ingesters for data older than this: {@link LOOK_BACK} if set, otherwise `query_ingesters_within`
 * (`calculateIngesterMaxLookbackPeriod` in pkg/querier/intervals.go). `undefined`: all do, or it is unknown.
 */
export function ingesterReach(settings: Settings): { setting: string; reach: bigint } | undefined {
  const isOwn = /[1-9]/.test(settings.text(LOOK_BACK) ?? "");
  const setting = isOwn ? LOOK_BACK : WITHIN;
  const reach = settings.duration(setting) ?? 0n;
  return reach > 0n ? { setting, reach } : undefined;
}

const LIMITS = "limits_config.";

function toSettings(config: unknown, limits: unknown): Settings {
  const find = (path: string): unknown => {
    const own = path.startsWith(LIMITS) ? member(limits, path.slice(LIMITS.length)) : undefined;
    return own ?? path.split(".").reduce(member, config);
  };
  const text = (path: string): string | undefined => {
    const value = find(path);
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined;
  };
  const read = <Value>(path: string, reader: (source: string) => Value): Value | undefined => {
    const source = text(path);
    try {
      return source === undefined ? undefined : reader(source);
    } catch {
      // A value in an unknown form counts as absent: whatever depends on it is then not reported.
      return undefined;
    }
  };
  return {
    known: typeof config === "object" && config !== null,
    text,
    number: (path) => read(path, (source) => (Number.isFinite(Number(source)) ? Number(source) : undefined)),
    flag: (path) =>
      read(path, (source) => (source === "true" ? true : source === "false" ? false : undefined)),
    duration: (path) => read(path, parseDuration),
    bytes: (path) => read(path, (source) => parseBytes(source.replace(/([KMGT])B$/, "$1iB"))),
    list: (path) => {
      const value = find(path);
      return Array.isArray(value) ? value : [];
    },
  };
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;

/** How long Loki keeps logs, and where its configuration is misleading. */
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
