import * as v from "valibot";
import { parseDuration } from "../units/duration.ts";
import { objectOf } from "./any-names.ts";

/** What an option's schema says about itself besides its type, through `v.metadata`. */
export interface OptionMetadata {
  /** Never printed, logged or stored. */
  readonly secret?: boolean;
  /** A path. A relative one starts at the folder of `contextcore.yaml`. */
  readonly path?: boolean;
  /** Environment variables besides `CONTEXTCORE_<PLUGIN>_<OPTION>`. Built-in plugins only. */
  readonly env?: readonly string[];
  /**
   * The value leads to a server (`address`), or to a file or directory (`path`; with a scheme in front, to a server). If a
   * project's configuration leads beyond this machine or out of the project's directory, its user is asked first.
   */
  readonly reaches?: "address" | "path";
  /**
   * The path, or pattern of paths, is that of the data itself: a database, a directory. `destroy` counts that as lost only if its
   * command deletes what is there.
   */
  readonly holds?: boolean;
  /** Where an address leads that is not given: what follows from the option `url`. A drill must not write to the stack by it. */
  readonly derived?: (url: string) => string;
  /**
   * The setting of the section `activity` that applies if this option is not set. Built-in plugins only.
   */
  readonly follows?: string;
}

/** A string that is never shown. The configuration supplies it as `${VAR}` or `file:/path`. */
export const secret = (about: string, env: readonly string[] = []) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ secret: true, env: [...env] })));

/** Optional text. */
export const text = (about: string, env: readonly string[] = []) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ env: [...env] })));

/** Optional text that leads to a server or a path: see {@link OptionMetadata.reaches}. */
export const place = (
  about: string,
  reaches: NonNullable<OptionMetadata["reaches"]>,
  env: readonly string[] = [],
  more: Pick<OptionMetadata, "derived"> = {},
) => v.optional(v.pipe(v.string(), v.description(about), v.metadata({ env: [...env], reaches, ...more })));

/**
 * A file or a folder. A relative path starts at the folder of `contextcore.yaml`, and reaches the plugin as an absolute one,
 * because a plugin's own working directory is empty.
 */
export const path = (about: string, fallback: string) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ path: true, reaches: "path" })), fallback);

/** The shortest and the longest duration allowed, as a user would write them. */
export interface DurationBounds {
  readonly min?: string;
  readonly max?: string;
}

const NOT_A_DURATION = "not a duration (use 30s, 5m, 24h, 7d)";

/** A duration such as `30s` or `7d`, kept as written. */
export const duration = (about: string, fallback: string, bounds: DurationBounds = {}) =>
  v.optional(
    v.pipe(
      v.string(NOT_A_DURATION),
      v.check((text) => read(text) !== undefined, NOT_A_DURATION),
      v.check((text) => isWithin(text, bounds), `not ${boundsText(bounds)}`),
      v.description(about),
    ),
    fallback,
  );

function isWithin(text: string, { min = "0", max }: DurationBounds): boolean {
  const length = read(text);
  if (length === undefined) return true;
  return length >= parseDuration(min) && (max === undefined || length <= parseDuration(max));
}

const boundsText = ({ min = "0", max }: DurationBounds): string =>
  max === undefined ? `at least ${min}` : `between ${min} and ${max}`;

function read(source: string): bigint | undefined {
  try {
    return parseDuration(source);
  } catch {
    return undefined;
  }
}

/** How long a call may take: at most a day, since the system's timers overflow after 24 days. */
export const TIME_LIMITS: DurationBounds = { min: "1ms", max: "24h" };

/** A whole number within bounds. */
export const integer = (about: string, fallback: number, bounds: { min: number; max: number }) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(bounds.min), v.maxValue(bounds.max), v.description(about)),
    fallback,
  );

/**
 * Loki, Tempo and Mimir treat `A|B` as a query to both tenants and mix their records under their own label `__tenant_id__`.
 * Such an export could not be restored, and yet its counts would match.
 */
const oneTenant = v.optional(
  v.pipe(
    v.string(),
    v.check(
      (tenant) => !tenant.includes("|"),
      "names several tenants, whose records the server would mix: export each by itself",
    ),
    v.description("Tenant, sent as X-Scope-OrgID"),
    v.metadata({ env: [] }),
  ),
);

/**
 * The options from which the HTTP client is made. Every plugin that talks to a server spreads these into its own.
 * @param url where the server is unless configured
 * @param env further environment names for some of them, the first that is set before the others
 */
export const serverOptions = (
  url: string,
  env: Partial<Record<"url" | "username" | "password" | "token", string | readonly string[]>> = {},
) => ({
  url: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^https?:\/\//, "not an http:// or https:// URL"),
      v.description("Base URL"),
      v.metadata({ env: names(env.url), reaches: "address" }),
    ),
    url,
  ),
  tenant: oneTenant,
  username: text("User for basic authentication", names(env.username)),
  password: secret("Password for basic authentication", names(env.password)),
  token: secret("Bearer token", names(env.token)),
  headers: v.optional(
    v.pipe(objectOf(v.string()), v.description("Further request headers"), v.metadata({ secret: true })),
  ),
  ca: place("A file with further certificate authorities, PEM", "path"),
});

const names = (some: string | readonly string[] = []): readonly string[] => [some].flat();
