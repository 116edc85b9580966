import { PluginError } from "../../contract/errors.ts";
import type { OpenBackend } from "../../host/open.ts";
import type { Call } from "../command.ts";

/**
 * Asks the servers to make what they hold in memory readable. One that cannot is only mentioned; one that is not there, or
 * offers no flush, is not: the export itself says what follows from that.
 */
export async function flushAll({ terminal, signal }: Call, backends: readonly OpenBackend[]): Promise<void> {
  await Promise.all(
    backends.map(async ({ name, backend }) => {
      try {
        await backend.flush?.(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof PluginError && (error.absent || error.kind === "not-found")) return;
        terminal.warn(`${name} did not flush: ${error instanceof Error ? error.message : String(error)}`);
      }
    }),
  );
}
