import type { Problem, Range } from "contextcore";

/** A server that warns of its own answer gave less than there is, and a count of the same server may agree with that. */
export const warned = (warnings: readonly string[], { from, to }: Range): Problem[] =>
  warnings.map((text) => ({
    kind: "incomplete",
    reason: `The server warns: ${text}`,
    range: { from, to },
  }));
