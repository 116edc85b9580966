/** The servers of models that the relay leads to. Where one is stands in the configuration, and never in a request. */
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { toMs } from "../units/range.ts";
import type { UpstreamSettings } from "./activity.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./errors.ts";

/** See {@link upstreamsOf}. */
export interface Upstream {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly api: "openai" | "anthropic";
  /** As OpenTelemetry names the provider, where it is known. */
  readonly provider?: string;
  /** The most that is kept of what is said. */
  readonly content: Config["activity"]["content"];
  /** How long it may be silent, ms. */
  readonly silentMs: number;
}

/** Those that everybody knows. */
const KNOWN: Readonly<Record<string, UpstreamSettings>> = {
  openai: { url: "https://api.openai.com", api: "openai" },
  anthropic: { url: "https://api.anthropic.com", api: "anthropic" },
};

const SILENT = "10m";

/** By name. @throws ConfigError naming what lacks */
export function upstreamsOf(config: Pick<Config, "activity" | "where">): ReadonlyMap<string, Upstream> {
  const { content } = config.activity;
  const upstreams = config.activity.upstreams ?? {};
  const names = new Set([...Object.keys(KNOWN), ...Object.keys(upstreams)]);
  const all = [...names].map((name) => ({ name, ...KNOWN[name], ...upstreams[name] }));
  const used = all.filter(({ enabled = true }) => enabled);
  const problems = used.flatMap(({ name, ...one }) =>
    (["url", "api"] as const)
      .filter((key) => one[key] === undefined)
      .map((key) => ({
        where: config.where?.(["activity", "upstreams", name]) ?? "",
        key: `activity.upstreams.${name}.${key}`,
        what: key === "url" ? "missing: where the server is" : "missing: openai or anthropic",
      })),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return new Map(
    used.map(({ name, url = "", api = "openai", timeout = SILENT, content: own = content }) => [
      name,
      {
        ...{ name, url: url.replace(/\/+$/, ""), api, content: own },
        silentMs: toMs(parseDuration(timeout)),
        ...given({ provider: Object.hasOwn(KNOWN, name) ? name : undefined }),
      },
    ]),
  );
}
