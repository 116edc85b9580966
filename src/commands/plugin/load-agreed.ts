import type { Config } from "../../config/config.ts";
import { type Loaded, loadPlugins } from "../../host/load-plugins.ts";
import { BUILT_INS } from "../../registry.ts";
import { isAgreed, notOpened } from "../../tasks/task/agreed.ts";
import { agreementOf } from "../agreement.ts";
import { configOf } from "../caller.ts";
import type { Call } from "../command.ts";

/**
 * Loads every plugin but opens none. If the project is not agreed to, only the built-in ones are loaded: the others are among
 * the failures, and the configuration is sealed.
 */
export async function loadAgreed(call: Call): Promise<Loaded & { readonly config: Config }> {
  const config = await configOf(call);
  const every = { builtIns: BUILT_INS, all: true };
  const all = { ...config, backends: {}, sinks: {}, stores: {} };
  if (isAgreed(await agreementOf(call, config))) {
    const writeLog = (line: string): void => call.terminal.note(line);
    return { ...(await loadPlugins(all, { ...every, writeLog })), config };
  }
  const loaded = await loadPlugins({ ...all, plugins: [] }, every);
  const left = config.plugins.map((name) => ({ name, error: notOpened(name) }));
  return { ...loaded, failures: [...loaded.failures, ...left], config: { ...config, sealed: true } };
}
