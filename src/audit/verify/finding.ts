/** What a verification found. A `difference` is evidence of a change; a `warning` should be looked at. */
export interface Finding {
  readonly severity: "difference" | "warning";
  /** `audit.jsonl:12`, or the witness that says so. */
  readonly where: string;
  /** The event concerned, where it is known. */
  readonly seq?: number;
  /** One sentence. */
  readonly what: string;
}

/** How many findings are kept one by one; the rest is counted. */
const KEPT_MAX = 100;

/** Collects findings in the order they are made. */
export interface Findings {
  add(finding: Finding): void;
  readonly kept: readonly Finding[];
  readonly differences: number;
  readonly warnings: number;
}

/** Nothing found yet. */
export function collectFindings(): Findings {
  const kept: Finding[] = [];
  const counts = { difference: 0, warning: 0 };
  return {
    kept,
    add(finding) {
      counts[finding.severity] += 1;
      if (kept.length < KEPT_MAX) kept.push(finding);
    },
    get differences() {
      return counts.difference;
    },
    get warnings() {
      return counts.warning;
    },
  };
}
