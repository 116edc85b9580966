import { NS_PER_MS, NS_PER_SECOND } from "./range.ts";

/** Nanoseconds of each unit that a duration may be written in, as Prometheus and Go write them. */
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: NS_PER_MS,
  s: NS_PER_SECOND,
  m: 60n * NS_PER_SECOND,
  h: 3_600n * NS_PER_SECOND,
  d: 86_400n * NS_PER_SECOND,
  w: 604_800n * NS_PER_SECOND,
  y: 31_536_000n * NS_PER_SECOND,
};

const PART = /(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|m|h|d|w|y)/y;

/**
 * Reads `24h`, `1h30m`, `7d`, `1.5h` or `0` into nanoseconds. Units: ns us ms s m h d w y (365 days).
 * @throws RangeError when the text is not a duration.
 */
export function parseDuration(text: string): bigint {
  const source = text.trim();
  if (source === "0") return 0n;
  let total = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < source.length || source === "") {
    const part = PART.exec(source);
    if (part === null)
      throw new RangeError(`not a duration: ${JSON.stringify(text)} (use 30m, 24h, 7d, 1h30m)`);
    total += partLength(part);
  }
  return total;
}

function partLength([, whole = "0", fraction = "", unit = "s"]: RegExpExecArray): bigint {
  const length = UNITS[unit] ?? 0n;
  return BigInt(whole) * length + (BigInt(fraction || "0") * length) / 10n ** BigInt(fraction.length);
}

/** In at most two units: `7d`, `1h30m`, `48h` below three days, `250ms`. */
export function formatDuration(ns: bigint): string {
  if (ns < 0n) return `-${formatDuration(-ns)}`;
  if (ns < NS_PER_SECOND) return ns === 0n ? "0s" : `${ns / NS_PER_MS}ms`;
  const seconds = ns / NS_PER_SECOND;
  if (seconds >= 259_200n) return join(seconds, 86_400n, "d", 3_600n, "h");
  if (seconds >= 3_600n) return join(seconds, 3_600n, "h", 60n, "m");
  return join(seconds, 60n, "m", 1n, "s");
}

function join(seconds: bigint, large: bigint, largeName: string, small: bigint, smallName: string): string {
  const first = seconds / large;
  const rest = (seconds % large) / small;
  return `${first > 0n ? `${first}${largeName}` : ""}${rest > 0n || first === 0n ? `${rest}${smallName}` : ""}`;
}
