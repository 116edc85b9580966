import type { AuditEvent, Outcome } from "../../audit/format/event.ts";
import { plainDetails } from "../../audit/read/line.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatTable } from "../../terminal/table.ts";

/** How events are painted. */
interface Painting {
  readonly colors: Colors;
  /** Of the terminal. */
  readonly width: number;
  /** With number and id. */
  readonly isLong: boolean;
}

/** Events in columns, for a terminal. */
export function paintEvents(events: readonly AuditEvent[], { colors, width, isLong }: Painting): string[] {
  const rows = events.map((event) => [
    ...(isLong ? [String(event.seq), colors.cyan(event.id)] : []),
    colors.dim(event.timestamp.slice(0, 19).replace("T", " ")),
    colors.bold(event.operation),
    `${event.user}@${event.host}${event.via === undefined ? "" : ` (${event.via})`}`,
    paintOutcome(event.outcome, colors),
    colors.dim(plainDetails(event.details).join("  ")),
  ]);
  const columns = [...(isLong ? ([{ align: "right" }, {}] as const) : []), {}, {}, {}, {}, {}];
  return formatTable(columns, rows, width);
}

/** Green for success, yellow for not done, red for failure. */
export function paintOutcome(outcome: Outcome, { green, yellow, red, cyan }: Colors): string {
  if (outcome === "success") return green(outcome);
  if (outcome === "started") return cyan(outcome);
  return outcome === "failed" || outcome === "interrupted" ? red(outcome) : yellow(outcome);
}
