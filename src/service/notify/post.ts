/** One request to who is told: never redirected, and its address, which often is its password, in no error. */
import { createHttpClient } from "../../http/client.ts";
import { BLOT } from "../../redact/rules.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";

/** Where a request goes. */
export interface Address {
  /** The setting that names it: `notify.0`. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A receiver that takes longer is tried again. */
const LIMIT = "10s";

/** Its answer says nothing that matters. */
const ANSWER_BYTES_MAX = 64 << 10;

/** Shorter parts of a path are no secrets, and occur in ordinary words. */
const WORD_LEAST = 6;

/** Posts JSON, or asks for the address if there is none. @throws Error saying what went wrong, without the address */
export async function post(
  { name, url, headers }: Address,
  json: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { origin, pathname, searchParams, username, password } = new URL(url);
  const user =
    username === "" ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const http = createHttpClient({ name, url: origin, headers, timeout: LIMIT, ...user });
  const query = Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)]),
  );
  const method = json === undefined ? "GET" : "POST";
  const body = {
    headers: json === undefined ? {} : { "Content-Type": "application/json" },
    ...given({ body: json }),
  };
  try {
    await (
      await http.send({ method, path: pathname, query, maxBytes: ANSWER_BYTES_MAX, signal, ...body })
    ).text();
  } catch (error) {
    const words = pathname.split("/").filter((word) => word.length >= WORD_LEAST);
    throw new Error(hidden(messageOf(error), [pathname, ...words, ...searchParams.values()]));
  }
}

const hidden = (message: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret.length > 1)
    .reduce((text, secret) => text.replaceAll(secret, secret.startsWith("/") ? "/…" : BLOT), message);
