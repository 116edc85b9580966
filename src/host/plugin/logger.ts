import { createConsola, type LogLevel } from "consola";
import type { Logger } from "../../contract/contract.ts";

/** Whose messages they are, which of them are passed on, and to whom. */
export interface LoggerOptions {
  /** Prefix of every message. */
  readonly name: string;
  readonly level: LogLevel;
  /** Redacts secrets. */
  readonly redact: (text: string) => string;
  /** Receives one line, without its newline; absent: nobody hears it. */
  readonly write?: (line: string) => void;
}

const LEVELS: Readonly<Record<string, LogLevel>> = { silent: -999, error: 0, warn: 1, info: 3, debug: 4 };

/** The level that `--debug` or `CONTEXTCORE_LOG` (silent, error, warn, info, debug) asks for; default `warn`. */
export function logLevel(debug: boolean, env: Readonly<Record<string, string | undefined>>): LogLevel {
  return LEVELS[debug ? "debug" : (env.CONTEXTCORE_LOG ?? "warn").toLowerCase()] ?? 1;
}

/** A plugin's logger: whole lines, prefixed with its name, never with a secret. */
export function createLogger({ name, level, redact, write = () => {} }: LoggerOptions): Logger {
  const log = createConsola({
    level,
    reporters: [
      { log: ({ type, args }) => write(`${type}: ${name}: ${redact(args.map(String).join(" "))}`) },
    ],
  });
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
  };
}
