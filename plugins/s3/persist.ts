/** What is small beside the whole that it belongs to is tried again by itself, before the whole is. */
import { isKind, sleep } from "contextcore";

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
/** Whoever asks for more time than this is not only busy. */
const WAIT_MAX_MS = 60_000;

/**
 * Makes a call again that failed for a moment, after the time that the service asks for. What fails for longer is for those to judge
 * who call the store. @throws what the last attempt failed with; the signal's reason
 */
export async function persistently<Answer>(
  call: () => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await call();
    } catch (error) {
      const waitMs = failed < ATTEMPTS ? waitAfter(error, failed) : undefined;
      if (waitMs === undefined || waitMs > WAIT_MAX_MS) throw error;
      await sleep(waitMs, signal);
    }
  }
}

/** @returns ms; `undefined`: trying again does not help, or would take as long as the whole */
function waitAfter(error: unknown, failed: number): number | undefined {
  if (!isKind(error, "temporary") || error.timedOut || error.status === 404) return undefined;
  return error.retryAfterMs ?? Math.random() * FIRST_WAIT_MS * 2 ** (failed - 1);
}
