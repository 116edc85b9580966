/** Grafana's own counts, to compare an export with. */
import {
  type CountRequest,
  type CountSplit,
  type Counts,
  type Cursor,
  encodeCursor,
  objectOf,
  v,
} from "contextcore";
import { firstCursor, partsOfList } from "./export.ts";
import type { Kind, ObjectKind, Reading } from "./kind.ts";
import { dashboards } from "./kinds/dashboards.ts";
import { KIND_NAMES, KINDS } from "./kinds/index.ts";
import { parseDashboardSelector } from "./selector.ts";
import { looking, type Server, unlessAbsent } from "./server.ts";

/** One kind, by its own count; or what one cursor of its list finds. */
const partSchema = v.object({ kind: v.string(), cursor: v.optional(objectOf(v.any())) });

/** Counts all kinds, or the part that is asked for; with a selector, only dashboards. */
export async function countObjects(server: Server, { match, part }: CountRequest): Promise<Counts> {
  const reading = readingOf(server, match);
  const { kind: name, cursor } = part === undefined ? {} : v.parse(partSchema, part);
  const kinds = counted(match).filter((kind) => name === undefined || kind.name === name);
  const counting = kinds.map(async (kind) => {
    const number = await (cursor === undefined
      ? kind.count?.(reading)
      : countListed(kind, reading, cursor)
    )?.catch(unlessAbsent);
    return number === undefined ? [] : [[kind.unit, number] as const];
  });
  return Object.fromEntries((await Promise.all(counting)).flat());
}

/** Divides a count that Grafana cannot give: kind by kind, and of a kind as its list is divided. */
export async function splitCount(server: Server, request: CountRequest): Promise<CountSplit> {
  const { match, part } = request;
  const kinds = counted(match);
  if (part === undefined)
    return { requests: kinds.map(({ name }) => ({ ...request, part: { kind: name } })), items: ["objects"] };
  const { kind: name, cursor } = v.parse(partSchema, part);
  const kind = kinds.find((one) => one.name === name);
  if (kind === undefined) return {};
  const { cursors = [], items = [`the number of ${kind.plural}`] } = await partsOfList(
    kind,
    readingOf(server, match),
    cursor ?? firstCursor(kind, match),
  );
  return {
    items,
    requests: cursors.map((one) => ({ ...request, part: encodeCursor({ kind: name, cursor: one }) })),
  };
}

const readingOf = (server: Server, match: string | undefined): Reading => ({
  ...looking(server),
  selector: match === undefined ? undefined : parseDashboardSelector(match, KIND_NAMES),
});

const isObjectKind = (kind: Kind): kind is ObjectKind => !("file" in kind);

const counted = (match: string | undefined): readonly ObjectKind[] =>
  (match === undefined ? KINDS.filter(isObjectKind) : [dashboards]).filter(
    ({ count }) => count !== undefined,
  );

/** What a cursor of the list and those that follow it find. */
async function countListed(kind: ObjectKind, reading: Reading, cursor: Cursor): Promise<number> {
  const waiting = [cursor];
  let number = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const listing = await kind.list(reading, next);
    number += listing.items.length;
    waiting.push(...(listing.next ?? []));
  }
  return number;
}
