import type { AuditEvent } from "./event.ts";

/** What an interrupted operation leaves behind, and what to do. */
interface Advice {
  /** The state, as a clause. */
  readonly left: string;
  /** The command that continues or cleans up, as a sentence. */
  readonly next: string;
}

const UNKNOWN: Advice = { left: "its work may be half done", next: "Run it again." };

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
  recover: {
    left: "some steps of the runbook are done and others not",
    next: "`contextcore recover --resume` goes on with the one that was interrupted.",
  },
  prune: {
    left: "some snapshots may have been removed and others not",
    next: "`contextcore snapshots list` shows what is left; run the prune again.",
  },
  retention_apply: {
    left: "some of what was past its time may be gone and the rest not",
    next: "`contextcore retention apply --dry-run` shows what is left; run it again.",
  },
  retention_archive: {
    left: "old data may be saved, copied or proved in its place and not be removed here yet",
    next: "Run `contextcore retention archive` again: it goes on with what is saved.",
  },
  retention_logs: {
    left: "some log files may be compressed or removed and others not",
    next: "Run `contextcore retention logs` again: it goes on with what is left.",
  },
  provision: {
    left: "some dashboards may have been written and others not",
    next: "Run `contextcore dashboards provision` again: it changes only what differs.",
  },
  delete_dashboard: {
    left: "the dashboards may or may not have been deleted",
    next: "`contextcore dashboards list` shows which are left.",
  },
  audit_prune: {
    left: "closed files of the trail may have been removed without the event that replaces them",
    next: "`contextcore audit verify` shows it; run `contextcore audit prune` again.",
  },
};

/** An export that went straight into a place. */
const exportInto = (place: string): Advice => ({
  left: `what it had read by then, if anything, is in ${place}`,
  next: `\`contextcore export --resume -o ${place}\` finishes it; where that finds nothing, run the export again.`,
});

/** What this operation leaves behind when it is interrupted, and what to do then. */
export function adviceOnInterrupted({
  operation,
  details,
}: Pick<AuditEvent, "operation" | "details">): Advice {
  const { place } = details;
  if (operation === "export" && typeof place === "string") return exportInto(place);
  return ADVICE[operation] ?? UNKNOWN;
}
