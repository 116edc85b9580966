import { signal } from "@preact/signals";
import { timeText } from "./time-text.ts";

/** The present, which goes on by itself: everything that says how long ago something was follows it. ms since 1970 */
export const now = signal(Date.now());

setInterval(() => {
  now.value = Date.now();
}, 10_000);

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

/** The reader's own time zone. */
const zone: string = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `2026-01-24 14:30:00 UTC`. */
const utcText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** A day in the reader's zone. */
export const dayText = (ms: number): string => day.format(ms);

const STEPS: readonly (readonly [unit: string, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 hours`, `2 days`, `less than a minute`. */
export function spanText(seconds: number): string {
  for (const [unit, length] of STEPS) {
    const count = Math.floor(Math.abs(seconds) / length + 1e-9);
    // A day and a half says more in hours.
    if (count >= (unit === "day" ? 2 : 1))
      return `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "less than a minute";
}

/** `3 hours ago`, `just now`, `in 2 days`. */
export function agoText(ms: number, nowMs: number): string {
  // The clock here follows every ten seconds only.
  if (Math.abs(nowMs - ms) < 60_000) return ms <= nowMs + 10_000 ? "just now" : "in less than a minute";
  return ms < nowMs ? `${spanText((nowMs - ms) / 1_000)} ago` : `in ${spanText((ms - nowMs) / 1_000)}`;
}

interface TimeProps {
  /** RFC 3339. */
  readonly at: string;
  /** `ago`: how long since; `both`: that and when; `full`: to the second. Default `short`. */
  readonly form?: "short" | "ago" | "both" | "full";
}

/** A time in the reader's zone; UTC on hover. */
export function Time({ at, form = "short" }: TimeProps) {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return <span>{at}</span>;
  const exact = form === "full" ? full.format(ms) : timeText(ms);
  const ago = form === "ago" || form === "both" ? agoText(ms, now.value) : "";
  return (
    <time dateTime={at} title={form === "ago" ? `${exact} (${zone})\n${utcText(ms)}` : utcText(ms)}>
      {form === "both" ? `${exact}, ${ago}` : ago || exact}
    </time>
  );
}
