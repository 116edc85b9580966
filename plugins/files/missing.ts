/** What an export could not save, by reason. */
import type { Problem } from "contextcore";
import type { Missed } from "./walk.ts";

/** What is missing so far. */
export interface Missing {
  /** `mixed`: it changed while it was read. */
  readonly missed: (why: Missed | "mixed", path: string) => void;
  problems(): Problem[];
}

const KNOWN = {
  mount: {
    kind: "not-contained",
    reason:
      "Another file system is mounted here, so what is in it is left out; the option `mounts: true` saves it, too.",
  },
  special: {
    kind: "not-contained",
    reason: "Pipes, sockets and devices hold no data, so they are left out.",
  },
  mixed: {
    kind: "incomplete",
    reason: "It changed each time it was read, so what is saved of it may be a mixture of before and after.",
  },
} as const;

/** Nothing yet. */
export function createMissing(): Missing {
  const found = new Map<string, { kind: Problem["kind"]; items: string[] }>();
  return {
    missed(why, path) {
      const { kind, reason } =
        typeof why === "string"
          ? KNOWN[why]
          : { kind: "incomplete" as const, reason: `It cannot be read: ${why.unreadable}.` };
      const one = found.get(reason) ?? { kind, items: [] };
      found.set(reason, one);
      one.items.push(path);
    },
    problems: () => [...found].map(([reason, { kind, items }]) => ({ kind, reason, items })),
  };
}
