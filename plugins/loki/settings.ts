/** The server's settings, from its running configuration and this tenant's own limits. */
import { isKind, NS_PER_SECOND, parseBytes, parseDuration, parseYaml } from "contextcore";
import type { Api } from "./api.ts";

export interface Settings {
  /** False where the server, or a gateway before it, does not show its configuration. */
  readonly known: boolean;
  /** `limits_config.retention_period`, as written; tenant limits win over the file's. */
  text(path: string): string | undefined;
  number(path: string): number | undefined;
  flag(path: string): boolean | undefined;
  /** ns */
  duration(path: string): bigint | undefined;
  bytes(path: string): number | undefined;
  list(path: string): readonly unknown[];
}

/** A server that does not show its configuration is no error: nothing is known then. */
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

/** Of a single binary: what is older than this is answered from the store, and what is younger by the ingesters. */
export const LOOK_BACK = "ingester.query_store_max_look_back_period";
const WITHIN = "querier.query_ingesters_within";

/** The look-back of a single binary that is not configured otherwise, which is what {@link LOOK_BACK} says in most. ns */
const USUAL_LOOK_BACK = 9_360n * NS_PER_SECOND;

/**
 * How far before now the border lies between what the store and what the ingesters answer; `undefined`: there is none, and
 * both answer for the whole of a query that the ingesters are asked for at all. Where the configuration is not shown it is
 * taken to be where it usually is: that costs a wait, and the other error would cost lines. ns
 */
export function lookBackOf(settings: Settings): bigint | undefined {
  if (!settings.known) return USUAL_LOOK_BACK;
  // A negative one leaves all to the ingesters, and zero to both; neither is a positive duration.
  const back = settings.duration(LOOK_BACK) ?? 0n;
  return back > 0n ? back : undefined;
}

/**
 * Behind this no query looks into the ingesters: {@link LOOK_BACK} where it is set, else `query_ingesters_within`
 * (`calculateIngesterMaxLookbackPeriod` in pkg/querier/intervals.go). `undefined`: all do, or it is not known.
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
      // A value in a form that is not known is as good as none: what depends on it is then not said.
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
