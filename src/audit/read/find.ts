import { eventOf } from "../format/chain.ts";
import type { AuditEvent } from "../format/event.ts";
import { trailFiles } from "../journal/segments.ts";

/** An event and its place. */
export interface EventPlace {
  readonly event: AuditEvent;
  readonly line: string;
  /** `audit.jsonl:12` */
  readonly place: string;
}

/**
 * The events whose id begins like this, or whose number this is. A single match comes with its `started` event or its ends.
 * @throws TrailError when the trail cannot be read
 */
export function findEvents(
  file: string,
  wanted: string,
): { readonly matches: readonly EventPlace[]; readonly related: readonly EventPlace[] } {
  const mark = /^[1-9]\d{0,9}$/.test(wanted) ? `"seq":${wanted},` : `"id":"${wanted.toLowerCase()}`;
  const matches = search(file, (line) => line.includes(mark)).filter(
    ({ event }) => String(event.seq) === wanted || event.id.startsWith(wanted.toLowerCase()),
  );
  const [match] = matches;
  if (match === undefined || matches.length > 1) return { matches, related: [] };
  const { id, ref } = match.event;
  const related = search(
    file,
    (line) => line.includes(`"ref":"${id}"`) || line.includes(`"id":"${ref ?? "none"}"`),
  );
  return { matches, related: related.filter(({ event }) => event.ref === id || event.id === ref) };
}

function search(file: string, mayBe: (line: string) => boolean): EventPlace[] {
  const found: EventPlace[] = [];
  for (const { name, lines } of trailFiles(file)) {
    for (const { text, number } of lines) {
      if (!mayBe(text)) continue;
      const event = eventOf(text);
      if (event !== undefined) found.push({ event, line: text, place: `${name}:${number}` });
    }
  }
  return found;
}
