import type { ServerOptions } from "../http/authentication.ts";
import { createHttpClient } from "../http/client.ts";
import { createServerClock } from "../http/server-clock.ts";
import type { Context, HttpClient, Plugin } from "./contract.ts";
import { PluginError } from "./errors.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";

/** About how many bytes of records one step should yield at most. */
export const STEP_BYTES = 8 * 1024 * 1024;

export type Options = Readonly<Record<string, unknown>>;

export interface ContextSources {
  readonly options: Options;
  /** Blots the plugin's secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly logLevel: LoggerOptions["level"];
  readonly writeLog?: LoggerOptions["write"];
  /** Now, ns since the epoch. Default: by the server's clock, as its answers date themselves. */
  readonly clock?: () => bigint;
  readonly stepBytes?: number;
}

/** What the plugin is given: its options, a client bound to its server, a logger, a clock and its limits. */
export function createContext(plugin: Plugin, sources: ContextSources): Context<Options> {
  const { options } = sources;
  const server = serverOf(options);
  const clock = createServerClock();
  return {
    options,
    http:
      server === undefined
        ? noServer(plugin.name)
        : createHttpClient({ ...server, ...hostsOf(plugin, server), onAnswer: clock.heard }),
    log: createLogger({
      name: plugin.name,
      level: sources.logLevel,
      redact: sources.redact,
      ...(sources.writeLog === undefined ? {} : { write: sources.writeLog }),
    }),
    clock: sources.clock ?? clock.now,
    limits: { stepBytes: sources.stepBytes ?? STEP_BYTES },
  };

  function serverOf(values: Options): (ServerOptions & { name: string }) | undefined {
    if (typeof values.url !== "string") return undefined;
    // The plugin's own schema checked these; the names and types are those of `option.serverOptions`.
    return { ...(values as Options & { url: string }), name: plugin.name };
  }
}

/** A plugin that declares hosts talks to those and to its own server, and to nothing else. */
function hostsOf(plugin: Plugin, server: ServerOptions): { hosts?: readonly string[] } {
  if (plugin.hosts === undefined) return {};
  return { hosts: [new URL(server.url).host, ...plugin.hosts] };
}

function noServer(name: string): HttpClient {
  const refuse = (): never => {
    throw new PluginError("invalid", `${name} has no option \`url\`, so it has no server to talk to`);
  };
  return { url: "", send: async () => refuse(), json: async () => refuse(), at: refuse };
}
