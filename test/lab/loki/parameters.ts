import { parseDuration } from "../../../src/units/duration.ts";
import { fromRfc3339 } from "../../../src/units/range.ts";

/** A request's parameters, from the query string and from a form in the body. */
export async function readParameters(request: Request): Promise<URLSearchParams> {
  const found = new URL(request.url).searchParams;
  if (!/form-urlencoded/.test(request.headers.get("content-type") ?? "")) return found;
  for (const [name, value] of new URLSearchParams(await request.text())) found.append(name, value);
  return found;
}

/** Nanoseconds from up to ten digits of seconds, more digits of nanoseconds, a float of seconds, or RFC 3339. */
export function readTime(text: string | null, fallback: bigint): bigint {
  if (text === null || text === "") return fallback;
  if (/^\d+\.\d+$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n;
  if (/^\d+$/.test(text)) return text.length <= 10 ? BigInt(text) * 1_000_000_000n : BigInt(text);
  return fromRfc3339(text);
}

/** Seconds as a number, or a duration. */
export const readStep = (text: string): bigint =>
  /^[\d.]+$/.test(text) ? BigInt(Math.round(Number(text) * 1e9)) : parseDuration(text);
