import type { DrillVerdict } from "../../drill/report.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatDuration } from "../../units/duration.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

/** The exit code that says it. */
export const EXIT_OF_VERDICT: Readonly<Record<DrillVerdict, ExitCode>> = {
  proved: EXIT.ok,
  rehearsed: EXIT.ok,
  owed: EXIT.partial,
  partial: EXIT.partial,
  failed: EXIT.error,
  refused: EXIT.refused,
  different: EXIT.different,
};

/** The word in its colour. */
export function verdictText(verdict: DrillVerdict, { green, yellow, red }: Colors): string {
  if (verdict === "proved" || verdict === "rehearsed") return green(verdict);
  return verdict === "owed" || verdict === "partial" ? yellow(verdict) : red(verdict);
}

/** `0.4s`, `12s`, `1h5m`: as exact as it is of use. */
export const secondsText = (seconds: number): string =>
  seconds < 10 ? `${seconds.toFixed(1)}s` : formatDuration(BigInt(Math.round(seconds)) * 1_000_000_000n);
