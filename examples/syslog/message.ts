import type { AuditRecord } from "contextcore";

/** Private enterprise number 32473 is the one that RFC 5612 keeps for examples. */
const STRUCTURE = "contextcore@32473";
const WARNING = 4;
const NOTICE = 5;

/** One RFC 5424 message: what a collector filters by stands in the header, the event's own line is the text. */
export function toMessage(
  { id, seq, timestamp, host, operation, outcome, project, line }: AuditRecord,
  facility: number,
): string {
  const severity = outcome === "success" || outcome === "started" ? NOTICE : WARNING;
  const data = { id, seq: String(seq), outcome, project };
  const parameters = Object.entries(data).map(([name, value]) => `${name}="${escaped(value)}"`);
  const header = [
    `<${facility * 8 + severity}>1`,
    timestamp,
    word(host, 255),
    "contextcore",
    "-",
    word(operation, 32),
  ];
  return `${header.join(" ")} [${STRUCTURE} ${parameters.join(" ")}] \ufeff${line}`;
}

/** Printable ASCII without blanks, at most so long; `-` for nothing. */
const word = (text: string, most: number): string => text.replace(/[^\x21-\x7e]/g, "_").slice(0, most) || "-";

const escaped = (text: string): string => text.replace(/["\\\]]/g, "\\$&");
