/** A command, as one who starts tasks. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { BUILT_INS } from "../registry.ts";
import type { Caller } from "../tasks/stack.ts";
import { followOn, waitForOn } from "../terminal/progress.ts";
import { agreementOf, requireAgreement } from "./agreement.ts";
import type { Call } from "./command.ts";

/** Reads this call's configuration. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/** What tasks need of this call: where it stands, its terminal as their channels, and the person before it. */
export function callerOf(call: Call): Caller {
  const { directory, env, configFile, overrides, debug, signal, terminal } = call;
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
    pour: (pieces) => terminal.pour(pieces, signal),
    agreementOf: (config) => agreementOf(call, config),
    requireAgreement: (config, isDestroying) => requireAgreement(call, config, isDestroying),
  };
}
