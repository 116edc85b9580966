/** Finds servers that still answer after the command that should have removed them. */
import { aboutLook, type OnRequest, watched } from "../http/watched.ts";
import { sleep } from "../units/sleep.ts";
import { withTimeLimit } from "../units/time-limit.ts";

/** A backend's server that answered before the command ran. */
export interface Server {
  readonly name: string;
  readonly url: string;
}

/** Statuses by which a proxy says that nobody answers behind it. */
const NOBODY_BEHIND: ReadonlySet<number> = new Set([502, 503, 504]);

/** ms */
const ANSWER_MS = 1_000;

/** When to ask: at once and then again, because a stopping server may need a moment. ms after the previous time */
const ASKED_MS = [0, 200, 300, 500] as const;

interface StillThere {
  /** Servers that still answer; if interrupted, those not known to be gone. */
  readonly left: readonly Server[];
  /** The signal came before all was known. */
  readonly stopped: boolean;
}

/**
 * Asks for a second after the command ended. Any answer but a proxy's own counts; no answer within a second means none. Nothing
 * secret is sent, so even an untrusted certificate counts as an answer.
 */
export async function stillAnswering(
  servers: readonly Server[],
  signal: AbortSignal,
  onRequest?: OnRequest,
): Promise<StillThere> {
  let left = servers;
  for (const ms of ASKED_MS) {
    if (left.length === 0) break;
    await sleep(ms, signal).catch(() => undefined);
    if (signal.aborted) return { left, stopped: true };
    const answers = await Promise.all(left.map((server) => isAnswering(server, signal, onRequest)));
    left = left.filter((_, index) => answers[index] !== false);
    if (answers.includes(undefined)) return { left, stopped: true };
  }
  return { left, stopped: false };
}

/** `undefined`: the signal came first. */
async function isAnswering(
  { name, url }: Server,
  signal: AbortSignal,
  onRequest: OnRequest | undefined,
): Promise<boolean | undefined> {
  const ask = async (limit: AbortSignal): Promise<boolean> => {
    const tls = { rejectUnauthorized: false };
    const send = () => fetch(url, { signal: limit, redirect: "manual", keepalive: false, tls });
    const answer = await watched(aboutLook(name, url), send, onRequest);
    await answer.body?.cancel();
    return !NOBODY_BEHIND.has(answer.status);
  };
  try {
    return await withTimeLimit(ask, signal, { limitMs: ANSWER_MS });
  } catch {
    return signal.aborted ? undefined : false;
  }
}
