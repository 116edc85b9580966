/** The server's settings, from its running configuration and this tenant's own limits. */
import { isKind, parseBytes, parseDuration, parseYaml } from "contextcore";
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
