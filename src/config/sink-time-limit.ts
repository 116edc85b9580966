/** A sink's time limit: `sinks.NAME.timeout`, which every sink has whatever its plugin declares. */
import type { JsonObject, Plugin } from "../contract/contract.ts";
import { parseDuration } from "../units/duration.ts";
import { toMs } from "../units/range.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { expand } from "./secrets.ts";

/** As it is opened. */
interface Sink {
  readonly name: string;
  readonly plugin: Pick<Plugin, "backend">;
  readonly settings?: JsonObject;
}

/** The key under a sink's name. */
export const TIME_LIMIT_KEY = "timeout";

/**
 * Time limit of this sink for one event, for a probe, and for everything waiting at the end of a command, ms; `undefined` when
 * it is not set. A pure sink plugin may declare the option itself with its own default; a backend's limits its calls instead.
 * @throws ConfigError when it is not a duration above zero
 */
export function sinkTimeLimitMs(config: Config, { name, plugin, settings }: Sink): number | undefined {
  const path = ["sinks", name, TIME_LIMIT_KEY];
  const written = config.overrides?.[path.join(".")] ?? config.sinks[name]?.options[TIME_LIMIT_KEY];
  const own = plugin.backend === undefined ? settings?.[TIME_LIMIT_KEY] : undefined;
  const value = written === undefined || written === null ? own : expand(written, config.env);
  if (value === undefined) return undefined;
  const ms = typeof value === "string" ? msOf(value) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  const what = `not a duration above zero: ${JSON.stringify(value)}, write 2s or 500ms`;
  throw new ConfigError([{ where: config.where?.(path) ?? "the configuration", key: path.join("."), what }]);
}

function msOf(text: string): number | undefined {
  try {
    return toMs(parseDuration(text));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
