import type { Problem, ProblemKind, Range } from "contextcore";

/** Problems by kind and reason, each with the ids that it is about. */
export interface Findings {
  add(kind: ProblemKind, reason: string, id: string): void;
  problems(): Problem[];
}

export const NOT_UTF8 = "Some text in these traces is not UTF-8; the bad bytes were replaced by U+FFFD.";

/** Gathers what was found wrong with a window's traces: one problem for each reason, with the ids that it is true of. */
export function createFindings({ from, to }: Range): Findings {
  const found = new Map<string, { kind: ProblemKind; reason: string; items: string[] }>();
  return {
    add(kind, reason, id) {
      const key = `${kind} ${reason}`;
      const known = found.get(key) ?? { kind, reason, items: [] };
      known.items.push(id);
      found.set(key, known);
    },
    problems: () => [...found.values()].map((one) => ({ ...one, range: { from, to } })),
  };
}
