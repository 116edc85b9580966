import { createHmac } from "node:crypto";

/** What one delivery says of itself, as the Standard Webhooks specification has it. */
export interface Delivery {
  /** The same for every attempt to deliver the same event. */
  readonly id: string;
  /** When this attempt is made, s since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of Standard Webhooks 1.0: id, timestamp and, with a secret, `v1,` and the base64 of HMAC-SHA256 over
 * `id.timestamp.body`.
 * @param secret `whsec_` and base64, or any text, whose UTF-8 bytes are the key
 */
export function webhookHeaders({ id, timestamp, body }: Delivery, secret?: string): Record<string, string> {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp) };
  if (secret === undefined) return headers;
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

const PREFIX = "whsec_";

const keyOf = (secret: string): Buffer =>
  secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : Buffer.from(secret);
