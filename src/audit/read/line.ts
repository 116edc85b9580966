import type { Json, JsonObject } from "../../contract/contract.ts";
import { visible } from "../../units/visible.ts";
import type { AuditEvent } from "../format/event.ts";

/**
 * One event as a line for people: `2026-01-24 14:30:00  destroy  user@hostname  backup=yes  outcome=success` (UTC).
 * Only plain details are shown. Control characters are escaped, because they came from elsewhere and must not reach a
 * terminal.
 */
export function formatEvent(event: AuditEvent): string {
  const time = event.timestamp.slice(0, 19).replace("T", " ");
  const who = `${event.user}@${event.host}`;
  const via = event.via === undefined ? [] : [`via=${event.via}`];
  const parts = [time, event.operation, who, ...via, ...plainDetails(event.details)];
  return [...parts, `outcome=${event.outcome}`].map(visible).join("  ");
}

const VALUE_LENGTH_MAX = 60;

/** `backup=yes`, `reason="disk full"`: the members that fit on a line. */
export function plainDetails(details: JsonObject): readonly string[] {
  return Object.entries(details).flatMap(([key, value]) => {
    const text = plainText(value);
    return text === undefined ? [] : [`${key}=${text}`];
  });
}

function plainText(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || typeof value === "object") return undefined;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(value);
  const cut = value.length > VALUE_LENGTH_MAX ? `${value.slice(0, VALUE_LENGTH_MAX - 1)}…` : value;
  return /^[^\s"=]+$/.test(cut) ? cut : JSON.stringify(cut);
}
