import { sleep } from "../units/sleep.ts";
import { DEFAULT_RETRY, type RetryPolicy, retryDelay } from "./retry.ts";

/**
 * Retries a temporary failure, waiting as long as the server asks. For work that the concurrency limit must not call: files read
 * or written as a whole, which take any time, and splitting, whose failures say nothing about the server. @throws the error of
 * the last attempt
 */
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
