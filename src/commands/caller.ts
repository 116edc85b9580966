/** What a command is to the tasks that it starts. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { RequestRecord } from "../http/watched.ts";
import { BUILT_INS } from "../registry.ts";
import type { Caller } from "../tasks/stack.ts";
import { followOn, waitForOn } from "../terminal/progress.ts";
import type { Colors } from "../terminal/styles.ts";
import { formatBytes } from "../units/bytes.ts";
import { agreementOf, requireAgreement } from "./agreement.ts";
import type { Call } from "./command.ts";

/** Reads this call's configuration. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/** `loki  GET localhost:3100 /loki/api/v1/labels  200  1.2 kB  14 ms`. */
function requestLine(request: RequestRecord, { dim }: Colors): string {
  const { name, method, host, path, proxy, status, bytes, ms } = request;
  const via = proxy === undefined ? [] : [`through ${proxy}`];
  const answer = status === undefined ? ["no answer"] : [String(status), formatBytes(bytes)];
  return dim([name, `${method} ${host} ${path}`, ...answer, `${ms} ms`, ...via].join("  "));
}

/** This call as a task needs it: its directory and settings, its terminal to tell and to ask, and the person's agreement. */
export function callerOf(call: Call): Caller {
  const { args, directory, env, configFile, overrides, debug, verbose, signal, terminal } = call;
  return {
    directory,
    env,
    configFile,
    overrides,
    debug,
    signal,
    builtIns: BUILT_INS,
    note: terminal.note,
    warn: terminal.warn,
    follow: followOn(terminal, signal),
    waitFor: waitForOn(terminal),
    ...(args["dry-run"] === true ? { isDry: true } : {}),
    ...(verbose ? { onRequest: (request) => terminal.note(requestLine(request, terminal.noteColors)) } : {}),
    pour: (pieces) => terminal.pour(pieces, signal),
    agreementOf: (config) => agreementOf(call, config),
    requireAgreement: (config, isDestroying) => requireAgreement(call, config, isDestroying),
  };
}
