/** What a verification found. */
import type { Diagnostic } from "../../contract/contract.ts";

/**
 * A `difference` is evidence of a change; a `warning` deserves a look. The subject is `audit.jsonl:12`, or the witness that
 * reports it.
 */
export interface TrailDiagnostic extends Diagnostic<"difference" | "warning"> {
  /** The event concerned, where it is known. */
  readonly seq?: number;
}

/** How many diagnostics are kept; further ones are only counted. */
const KEPT_MAX = 100;

/** Collects diagnostics in order. */
export interface TrailDiagnostics {
  add(diagnostic: TrailDiagnostic): void;
  readonly kept: readonly TrailDiagnostic[];
  readonly differences: number;
  readonly warnings: number;
}

/** Nothing found yet. */
export function collectDiagnostics(): TrailDiagnostics {
  const kept: TrailDiagnostic[] = [];
  const counts = { difference: 0, warning: 0 };
  return {
    kept,
    add(diagnostic) {
      counts[diagnostic.severity] += 1;
      if (kept.length < KEPT_MAX) kept.push(diagnostic);
    },
    get differences() {
      return counts.difference;
    },
    get warnings() {
      return counts.warning;
    },
  };
}
