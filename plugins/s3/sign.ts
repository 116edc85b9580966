/** AWS Signature Version 4 for the service `s3`, with a signed payload. */
import { createHmac } from "node:crypto";

/** What a call is signed with. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A call that is not signed yet. */
interface Unsigned {
  readonly method: string;
  readonly host: string;
  /** Encoded by {@link encodedPath}, with the path of the base URL in front. */
  readonly path: string;
  /** Made by {@link queryText}. */
  readonly query: string;
  /** All of these are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, lower-case hex. */
  readonly bodySha256: string;
}

/** Where and when a call is signed for. */
interface Scope {
  readonly keys: Keys;
  readonly region: string;
  readonly now: Date;
}

/** As the signature wants it: every byte but the unreserved ones of RFC 3986. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** A key's path: each part encoded, slashes kept. */
export const encodedPath = (key: string): string => key.split("/").map(encoded).join("/");

/** A query in the order in which it is signed. */
export const queryText = (query: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(query)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${encoded(name)}=${encoded(value)}`]))
    .sort((a, b) => (a < b ? -1 : 1))
    .join("&");

/** SHA-256, lower-case hex. */
export const sha256Of = (data: string | Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(data).digest("hex");

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The headers to send, with the signature among them. */
export function signed(call: Unsigned, { keys, region, now }: Scope): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const headers = {
    ...call.headers,
    host: call.host,
    "x-amz-date": time,
    "x-amz-content-sha256": call.bodySha256,
    ...(keys.sessionToken === undefined ? {} : { "x-amz-security-token": keys.sessionToken }),
  };
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .sort();
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256Of(canonical(call, headers, names))}`;
  const key = [day, region, "s3", "aws4_request"].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secretAccessKey}`,
  );
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const credential = `Credential=${keys.accessKeyId}/${scope}`;
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function canonical(
  call: Unsigned,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const lines = names.map((name) => `${name}:${values.get(name)?.trim().replace(/ +/g, " ")}\n`).join("");
  return [call.method, call.path, call.query, lines, names.join(";"), call.bodySha256].join("\n");
}
