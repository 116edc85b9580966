/** Examines a database in a thread of its own, so that the program hears signals, tells of its progress and does other work meanwhile. */
import { type ErrorKind, PluginError } from "contextcore";
import type { Health } from "./health.ts";

/** What the thread answers. */
export type Examined =
  | { readonly health: Health }
  | { readonly refusal: Pick<PluginError, "message" | "hint"> & { readonly kind: ErrorKind } };

/** In the compiled program entry points are named by their paths below the repository. */
const WORKER = Bun.isStandaloneExecutable
  ? "./plugins/sqlite/health-worker.ts"
  : new URL("./health-worker.ts", import.meta.url).href;

/** Checks pages, indexes and foreign keys, and counts all rows. @throws PluginError when it cannot be opened; the signal's reason */
export async function examine(path: string, signal: AbortSignal): Promise<Health> {
  signal.throwIfAborted();
  const worker = new Worker(WORKER);
  const ended = new AbortController();
  try {
    const answer = await new Promise<Examined>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { signal: ended.signal });
      worker.onmessage = ({ data }: MessageEvent<Examined>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(path);
    });
    if ("health" in answer) return answer.health;
    const { kind, message, hint } = answer.refusal;
    throw new PluginError(kind, message, { hint });
  } finally {
    ended.abort();
    worker.terminate();
  }
}
