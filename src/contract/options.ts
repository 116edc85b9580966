import * as v from "valibot";
import { parseDuration } from "../units/duration.ts";
import { objectOf } from "./any-names.ts";
import { IMPORTANCES, type Importance } from "./values.ts";

/** What an option's schema says of itself besides its type, through `v.metadata`. */
export interface OptionMetadata {
  /** Never printed, logged or stored. */
  readonly secret?: boolean;
  /** A path: a relative one begins at the folder of `contextcore.yaml`. */
  readonly path?: boolean;
  /** Environment names besides `CONTEXTCORE_<PLUGIN>_<OPTION>`; of a plugin that is built in, and of no other. */
  readonly env?: readonly string[];
  /**
   * The value leads somewhere: to a server, or to a file or directory (or, with a scheme in front, to a server). Where a
   * project's file leads beyond this machine or out of its directory, its user is asked.
   */
  readonly reaches?: "address" | "path";
}

/** A string that is never shown. In the configuration it comes as `${VAR}` or `file:/path`. */
export const secret = (about: string, env: readonly string[] = []) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ secret: true, env: [...env] })));

/** Optional text. */
export const text = (about: string, env: readonly string[] = []) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ env: [...env] })));

/** Optional text that leads somewhere: see {@link OptionMetadata.reaches}. */
export const place = (
  about: string,
  reaches: NonNullable<OptionMetadata["reaches"]>,
  env: readonly string[] = [],
) => v.optional(v.pipe(v.string(), v.description(about), v.metadata({ env: [...env], reaches })));

/**
 * A file or a folder. A relative path begins at the folder of `contextcore.yaml`, and reaches the plugin as an absolute one:
 * a plugin's own working directory is empty.
 */
export const path = (about: string, fallback: string) =>
  v.optional(v.pipe(v.string(), v.description(about), v.metadata({ path: true, reaches: "path" })), fallback);

/** The shortest and the longest that a duration may be, as it would be written. */
export interface DurationBounds {
  readonly min?: string;
  readonly max?: string;
}

/** A duration such as `30s` or `7d`, kept as written. */
export const duration = (about: string, fallback: string, bounds: DurationBounds = {}) =>
  v.optional(
    v.pipe(
      v.string(),
      v.check((text) => read(text) !== undefined, "not a duration (use 30s, 5m, 24h, 7d)"),
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

/** What a call may take: some time, and no more than a day, since the system's timers count to 24 days. */
export const TIME_LIMITS: DurationBounds = { min: "1ms", max: "24h" };

/** How much it would hurt to lose it, as an option of a plugin that has to know it. Each instance has such a setting without that. */
export const importance = (fallback: Importance) =>
  v.optional(v.pipe(v.picklist(IMPORTANCES), v.description("How much it would hurt to lose it")), fallback);

/** A whole number within bounds. */
export const integer = (about: string, fallback: number, bounds: { min: number; max: number }) =>
  v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(bounds.min), v.maxValue(bounds.max), v.description(about)),
    fallback,
  );

/**
 * Loki, Tempo and Mimir take `A|B` as a question to both tenants and then mix their records under a label of their own,
 * `__tenant_id__`: an export of that could not be put back, and counts would agree with it.
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
 * @param env further environment names for some of them
 */
export const serverOptions = (
  url: string,
  env: Partial<Record<"url" | "username" | "password" | "token", string>> = {},
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

const names = (name: string | undefined): readonly string[] => (name === undefined ? [] : [name]);
