/** Which servers still answer after the command that should have removed them. */
import { sleep } from "../units/sleep.ts";

export interface Server {
  readonly name: string;
  readonly url: string;
}

/** A proxy says with these that nobody answers behind it. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 503, 504]);

/** ms */
const ANSWER_MS = 1_000;

/** When they are asked again, since one that was told to end may need a moment: ms after the last time. */
const AGAIN_MS = [200, 300, 500] as const;

/**
 * Those that still answer a second after the command ended. Any answer but a proxy's own counts; no answer within a second
 * is none. Nothing secret is sent, so a certificate that nobody vouches for is an answer too.
 * @throws the signal's reason, once it is aborted
 */
export async function stillAnswering(servers: readonly Server[], signal: AbortSignal): Promise<Server[]> {
  let left = await answering(servers, signal);
  for (const ms of AGAIN_MS) {
    if (left.length === 0) break;
    await sleep(ms, signal);
    left = await answering(left, signal);
  }
  return left;
}

async function answering(servers: readonly Server[], signal: AbortSignal): Promise<Server[]> {
  const answers = await Promise.all(servers.map(({ url }) => isAnswering(url, signal)));
  signal.throwIfAborted();
  return servers.filter((_, index) => answers[index] === true);
}

async function isAnswering(url: string, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const answer = await fetch(url, {
      signal: limit,
      redirect: "manual",
      keepalive: false,
      tls: { rejectUnauthorized: false },
    });
    await answer.body?.cancel();
    return !NOBODY_BEHIND.has(answer.status);
  } catch {
    return false;
  }
}
