/** The targets of drills as backends, so that they are opened, and agreed to, as any other. */
import type { Config } from "./config.ts";
import { pluginOf } from "./instances.ts";
import { expand } from "./secrets.ts";
import type { Path } from "./source.ts";

const PREFIX = "drill.";

/** What the target of a backend is called where backends have their names: in messages, and `CONTEXTCORE_DRILL_LOKI_URL`. */
export const targetName = (backend: string): string => `${PREFIX}${backend}`;

/**
 * The configuration as a drill opens its targets: they are its only backends, and have nothing of the real ones, neither their
 * options nor their variables nor what `--set` says of them.
 */
export function targetsAsBackends(config: Config): Config {
  const own = Object.entries(config.drill).map(([name, { options }]) => [
    targetName(name),
    { enabled: true, plugin: pluginOf(name, config), options },
  ]);
  const set = Object.entries(config.overrides ?? {}).filter(
    ([key]) => key.startsWith(PREFIX) && !key.endsWith(".before"),
  );
  const { where, fromFile } = config;
  return {
    ...config,
    backends: Object.fromEntries(own),
    sinks: {},
    stores: {},
    overrides: Object.fromEntries(set.map(([key, value]) => [`backends.${key}`, value])),
    ...(where && { where: (path) => where(realPathOf(path)) }),
    ...(fromFile && { fromFile: (path) => fromFile(realPathOf(path)) }),
  };
}

/** `["backends", "drill.loki", "url"]` is `["drill", "loki", "url"]` in the file. */
function realPathOf(path: Path): Path {
  const [section, name = "", ...rest] = path;
  const target = String(name);
  return section === "backends" && target.startsWith(PREFIX)
    ? ["drill", target.slice(PREFIX.length), ...rest]
    : path;
}

/** A key of {@link targetsAsBackends} as the file has it. */
export const realKeyOf = (key: string): string => key.replace(/^backends\.(?=drill\.)/, "");

/** The command that makes a target anew, its variables replaced; `undefined`: none is configured. @throws RangeError */
export function beforeOf(
  { drill, env }: Pick<Config, "drill" | "env">,
  backend: string,
): string[] | undefined {
  const before = drill[backend]?.before;
  return before?.map((word) => String(expand(word, env)));
}
