import type { AuditEvent, Outcome } from "../../audit/format/event.ts";
import { plainDetails } from "../../audit/read/line.ts";
import type { Colors } from "../../terminal/styles.ts";
import { formatTable } from "../../terminal/table.ts";

/** Events in columns, for a terminal of this width. */
export function paintEvents(events: readonly AuditEvent[], colors: Colors, width: number): string[] {
  const rows = events.map((event) => [
    colors.dim(event.timestamp.slice(0, 19).replace("T", " ")),
    colors.bold(event.operation),
    `${event.user}@${event.host}`,
    paintOutcome(event.outcome, colors),
    colors.dim(plainDetails(event.details).join("  ")),
  ]);
  return formatTable([{}, {}, {}, {}, {}], rows, width);
}

/** Green for success, yellow for not done, red for failure. */
export function paintOutcome(outcome: Outcome, { green, yellow, red, cyan }: Colors): string {
  if (outcome === "success") return green(outcome);
  if (outcome === "started") return cyan(outcome);
  return outcome === "failed" || outcome === "interrupted" ? red(outcome) : yellow(outcome);
}
