import { sleep } from "../units/sleep.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryDelay } from "./retry.ts";

/** Asks again what failed for a while, as long as the server asks for. @throws what the last attempt threw */
export async function patiently<Answer>(
  ask: () => Promise<Answer>,
  signal: AbortSignal,
  retry: RetryPolicy = DEFAULT_RETRY,
): Promise<Answer> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await ask();
    } catch (error) {
      const delay = signal.aborted ? undefined : retryDelay(error, failed, retry, Math.random());
      if (delay === undefined) throw error;
      await sleep(delay, signal);
    }
  }
}
