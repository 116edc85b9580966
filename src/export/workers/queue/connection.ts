/** A connection to the server of a queue. */
import type { Redis } from "ioredis";
import { PluginError } from "../../../contract/errors.ts";
import { messageOf } from "../../../units/message-of.ts";

/** How long the first answer may take, ms. */
const FIRST_MS = 10_000;

/** How it is connected, and who hears what becomes of it. */
interface Connecting {
  /** `redis://` or `rediss://`, perhaps with a user and a password. */
  readonly url: string;
  /** Hears when it is lost, and when it is there again. */
  readonly onTold: (line: string) => void;
}

/** Of the address, what may be shown. */
export function shownQueue(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/**
 * Connects, and from then on again and again.
 * @throws PluginError when it does not answer at first, or would forget what it is told
 */
export async function connectQueue({ url, onTold }: Connecting): Promise<Redis> {
  const { Redis } = await import("ioredis");
  const shown = shownQueue(url);
  const client = new Redis(url, { maxRetriesPerRequest: null, connectTimeout: FIRST_MS, lazyConnect: true });
  let isLost = false;
  client.on("error", (error) => {
    if (isLost) return;
    isLost = true;
    onTold(`${shown} does not answer (${messageOf(error)}); it is tried again and again`);
  });
  client.on("ready", () => {
    if (isLost) onTold(`${shown} answers again`);
    isLost = false;
  });
  try {
    await client.connect();
    await requireMemory(client, shown);
    return client;
  } catch (error) {
    client.disconnect();
    throw error instanceof PluginError
      ? error
      : new PluginError("temporary", `${shown} does not answer: ${messageOf(error)}`, {
          hint: "Is that a Redis or Valkey server, and reachable from here?",
        });
  }
}

/** A server that throws away keys when it is full loses steps, which are run again, and keys that a queue cannot do without. */
async function requireMemory(client: Redis, shown: string): Promise<void> {
  const memory = await client.info("memory").catch(() => "");
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? "noeviction";
  if (policy === "noeviction") return;
  throw new PluginError("refused", `${shown} throws keys away when its memory is full (${policy})`, {
    hint: "Set maxmemory-policy to noeviction there, or use a server of the queue's own.",
  });
}
