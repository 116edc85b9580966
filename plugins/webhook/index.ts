/** Any URL that takes audit events: JSON by POST, signed as the Standard Webhooks specification says. */
import { createHmac } from "node:crypto";
import { type Context, definePlugin, isKind, option, PluginError, type Sink, v } from "contextcore";

const { headers, ca } = option.serverOptions("");

const options = v.object({
  url: v.pipe(
    v.string(),
    v.regex(/^https?:\/\//, "not an http:// or https:// URL"),
    v.check((url) => URL.canParse(url), "not a URL"),
    v.description("Where events are posted; its path and query are kept as they are, and never shown"),
    v.metadata({ secret: true, reaches: "address" }),
  ),
  secret: option.secret("Signs each delivery (Standard Webhooks): whsec_… or any text"),
  headers,
  ca,
  timeout: option.duration("Time limit of one delivery", "5s", option.TIME_LIMITS),
});

export default definePlugin({
  name: "webhook",
  about: "A webhook: audit events posted to a URL",
  options,
  sink: (context): Sink => {
    const { secret, url } = context.options;
    const target = targetOf(url);
    return {
      async deliver({ id, line }, signal) {
        const timestamp = Math.floor(Number(context.clock() / 1_000_000_000n));
        const signed = webhookHeaders({ id, timestamp, body: line }, secret);
        const request = { method: "POST", body: line, signal, ...target } as const;
        await send(context, { ...request, headers: { "Content-Type": "application/json", ...signed } });
      },
      /** A receiver need not know GET: any answer but a refusal of our credentials shows that it is there. */
      async probe(signal) {
        try {
          await send(context, { method: "GET", signal, ...target });
        } catch (error) {
          const answered = isKind(error, "invalid", "not-found") && error.status !== undefined;
          if (!answered || isRedirect(error.status)) throw error;
        }
      },
    };
  },
});

const isRedirect = (status = 0): boolean => status >= 300 && status < 400;

type WebhookContext = Context<v.InferOutput<typeof options>>;
type Request = Parameters<WebhookContext["http"]["send"]>[0];

/** Sends and lets the connection go. The URL's path is often the secret of a webhook: it is taken out of errors. */
async function send({ http, options: { url } }: WebhookContext, request: Request): Promise<void> {
  try {
    await (await http.send(request)).text();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const { pathname } = new URL(url);
    const hide = (text: string): string =>
      pathname.length > 1 ? text.replaceAll(pathname.replace(/\/$/, ""), "/…") : text;
    throw new PluginError(error.kind, hide(error.message), {
      ...error,
      hint: error.hint === undefined ? undefined : hide(error.hint),
      cause: error.cause,
    });
  }
}

/** What the client's base URL leaves out: the query, and a slash at the end. */
function targetOf(url: string): { readonly path: string; readonly query: Record<string, string[]> } {
  const { pathname, searchParams } = new URL(url);
  const query: Record<string, string[]> = {};
  for (const key of new Set(searchParams.keys())) query[key] = searchParams.getAll(key);
  return { path: pathname.endsWith("/") ? "/" : "", query };
}

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
