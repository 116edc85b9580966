import { PluginError } from "../contract/errors.ts";
import { messageOf } from "../units/message-of.ts";
import type { OpenBackend } from "./open.ts";

/**
 * Asks the servers to make the data in their memory readable. A failure is only mentioned; an absent server, or one without
 * flush, is not, because the work itself reports the consequences.
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
