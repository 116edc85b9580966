import { PluginError } from "../contract/errors.ts";
import type { OpenBackend } from "../host/open.ts";
import { messageOf } from "../units/message-of.ts";

/**
 * Asks the servers to make what they hold in memory readable. One that cannot is only mentioned; one that is not there, or
 * offers no flush, is not: the work itself says what follows from that.
 */
export async function flushAll(
  backends: readonly OpenBackend[],
  { signal, warn }: { readonly signal: AbortSignal; readonly warn: (message: string) => void },
): Promise<void> {
  await Promise.all(
    backends.map(async ({ name, backend }) => {
      try {
        await backend.flush?.(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof PluginError && (error.absent || error.kind === "not-found")) return;
        warn(`${name} did not flush: ${messageOf(error)}`);
      }
    }),
  );
}
