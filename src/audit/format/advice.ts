/** What an operation that was interrupted leaves behind. */
export interface Advice {
  /** The state, as the part of a sentence. */
  readonly left: string;
  /** Which command continues or cleans up, a sentence. */
  readonly next: string;
}

const UNKNOWN: Advice = { left: "what it was doing may be half done", next: "Run it again." };

const ADVICE: Readonly<Record<string, Advice>> = {
  export: {
    left: "the snapshot's directory still ends in .partial",
    next: "`contextcore export --resume` finishes it.",
  },
  destroy: {
    left: "parts of the stack may be gone and others still running",
    next: "`contextcore inventory` shows what is left; `contextcore destroy` continues.",
  },
  restore: {
    left: "part of the snapshot has been written",
    next: "Run the same `contextcore restore` again: what is there already is left as it is.",
  },
  prune: {
    left: "some snapshots may be removed and others not",
    next: "`contextcore snapshots list` shows what is kept; run the prune again.",
  },
  provision: {
    left: "some dashboards may be written and others not",
    next: "Run `contextcore dashboards provision` again: it changes only what differs.",
  },
  delete_dashboard: {
    left: "the dashboards may or may not be deleted",
    next: "`contextcore dashboards list` shows what is there.",
  },
  audit_prune: {
    left: "closed files of the trail may be removed without the event that stands for them",
    next: "`contextcore audit verify` shows it; run `contextcore audit prune` again.",
  },
};

/** What is left when this operation was interrupted, and what to do then. */
export const adviceOnInterrupted = (operation: string): Advice => ADVICE[operation] ?? UNKNOWN;
