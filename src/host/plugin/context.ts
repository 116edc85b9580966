import type { Context, HttpClient, Plugin } from "../../contract/contract.ts";
import { PluginError } from "../../contract/errors.ts";
import type { ServerOptions } from "../../http/authentication.ts";
import { createHttpClient } from "../../http/client.ts";
import { createServerClock } from "../../http/server-clock.ts";
import type { OnRequest } from "../../http/watched.ts";
import { given } from "../../units/given.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";

/** About how many bytes of records one step should yield at most. */
export const STEP_BYTES = 8 * 1024 * 1024;

/** A plugin's options by name, checked against its schema; secrets are in clear. */
export type Options = Readonly<Record<string, unknown>>;

interface ContextSources {
  readonly options: Options;
  /** Redacts the plugin's secrets in a text. */
  readonly redact: (text: string) => string;
  readonly logLevel: LoggerOptions["level"];
  readonly writeLog?: LoggerOptions["write"];
  /** Now, ns since the epoch. Default: by the server's clock, from the Date of its answers. */
  readonly clock?: () => bigint;
  readonly stepBytes?: number;
  /** Is told of every request to the server. */
  readonly onRequest?: OnRequest;
  /** The id of the HTTP request that all of this is done for. */
  readonly requestId?: string;
  /** Time limit of one call to the server, a duration as written. */
  readonly timeout?: string | undefined;
  /**
   * A third-party plugin may talk only to hosts that it declares or its options name, and sends credentials only to its own
   * server.
   */
  readonly foreign?: boolean;
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
        : createHttpClient({
            ...server,
            ...hostsOf(plugin, sources),
            credentialsStay: sources.foreign ?? false,
            onAnswer: clock.heard,
            ...given({ onRequest: sources.onRequest, requestId: sources.requestId }),
          }),
    log: createLogger({
      name: plugin.name,
      level: sources.logLevel,
      redact: sources.redact,
      ...given({ write: sources.writeLog }),
    }),
    clock: sources.clock ?? clock.now,
    limits: { stepBytes: sources.stepBytes ?? STEP_BYTES },
  };

  function serverOf(values: Options): (ServerOptions & { name: string }) | undefined {
    if (typeof values.url !== "string") return undefined;
    // The plugin's own schema checked these; the names and types are those of `option.serverOptions`.
    const timeout = given({ timeout: sources.timeout });
    return { ...(values as Options & { url: string }), ...timeout, name: plugin.name };
  }
}

/** A plugin that declares hosts may talk to those and to its own server only. */
function hostsOf(
  plugin: Plugin,
  { options, foreign = false }: ContextSources,
): { hosts?: readonly string[] } {
  const { hosts } = plugin;
  if (hosts !== undefined) return { hosts: [...hostOf(options.url).slice(0, 1), ...hosts] };
  return foreign ? { hosts: Object.values(options).flatMap(hostOf) } : {};
}

/** For a URL option: its host with and without the port, since a server may listen on more than one. */
function hostOf(value: unknown): string[] {
  if (typeof value !== "string" || !/^https?:/.test(value) || !URL.canParse(value)) return [];
  const { host, hostname } = new URL(value);
  return [host, hostname];
}

/** The client of a plugin without a server. */
export function noServer(name: string): HttpClient {
  const refuse = (): never => {
    throw new PluginError("invalid", `${name} has no option \`url\`, so it has no server to talk to`);
  };
  return { url: "", send: async () => refuse(), json: async () => refuse(), at: refuse };
}
