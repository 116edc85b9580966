/**
 * What the trail says, added up: how often each operation ended in which way, and how it stands with each backend and place.
 * Pure: an event more is one step more.
 */
import * as v from "valibot";
import { type AuditEvent, OUTCOMES, type Outcome } from "../../audit/format/event.ts";
import { OPERATIONS } from "../../audit/format/operations.ts";
import { objectOf } from "../../contract/any-names.ts";
import { given } from "../../units/given.ts";

/** Times are ms since the epoch. */
const time = v.pipe(v.number(), v.minValue(0));

const standingSchema = v.object({
  /** When it was last begun. */
  attempted: time,
  /** How that ended; absent: it has not ended. */
  isWhole: v.exactOptional(v.boolean()),
  /** When it last ended well. */
  succeeded: v.exactOptional(time),
});

const operationSchema = v.object({
  /** How often it ended in each way. */
  outcomes: v.partial(v.object(Object.fromEntries(OUTCOMES.map((one) => [one, v.number()])))),
  ended: v.exactOptional(time),
  seconds: v.exactOptional(v.number()),
  /** How it last ended where no person stopped or refused it. */
  last: v.exactOptional(v.picklist(OUTCOMES)),
});

const begunSchema = v.object({
  at: time,
  backends: v.array(v.string()),
  place: v.exactOptional(v.string()),
});

/** The schema of the file that keeps a {@link Tally}. */
export const tallySchema = v.object({
  /** The newest event that is counted. */
  seq: v.number(),
  hash: v.string(),
  operations: objectOf(operationSchema),
  backends: objectOf(standingSchema),
  places: objectOf(standingSchema),
  /** What has begun and not ended, by the `id` of its event. */
  begun: objectOf(begunSchema),
});

/** What the events up to `seq` add up to. */
export type Tally = v.InferOutput<typeof tallySchema>;

type Standing = v.InferOutput<typeof standingSchema>;
type Begun = v.InferOutput<typeof begunSchema>;

/** Of no event. */
export const emptyTally = (): Tally => ({
  seq: 0,
  hash: "",
  operations: {},
  backends: {},
  places: {},
  begun: {},
});

/** How many backends, places and open operations are followed: what is written into a trail by hand must not fill a memory. */
const NAMES_MAX = 1_000;

const KNOWN: ReadonlySet<string> = new Set(OPERATIONS);

/** Counts one event more; the tally is changed. */
export function count(tally: Tally, event: AuditEvent): void {
  tally.seq = event.seq;
  tally.hash = event.hash;
  const begun = event.ref === undefined ? undefined : tally.begun[event.ref];
  if (event.outcome === "started") begin(tally, event);
  else end(tally, event, begun);
  if (event.ref !== undefined) delete tally.begun[event.ref];
}

function begin(tally: Tally, event: AuditEvent): void {
  const at = Date.parse(event.timestamp);
  const backends = event.operation === "export" ? [...event.data_affected] : [];
  const place = textIn(event, "place");
  put(tally.begun, event.id, { at, backends, ...given({ place }) });
  for (const name of backends) put(tally.backends, name, attempt(tally.backends[name], at));
  if (place !== undefined) put(tally.places, place, attempt(tally.places[place], at));
}

const attempt = (before: Standing | undefined, attempted: number): Standing => ({
  attempted,
  ...given({ succeeded: before?.succeeded }),
});

/** What a person stopped or safety refused says nothing of how well it works. */
const TELLING: ReadonlySet<Outcome> = new Set(["success", "partial", "failed", "interrupted"]);

function end(tally: Tally, event: AuditEvent, begun: Begun | undefined): void {
  const { outcome } = event;
  const at = Date.parse(event.timestamp);
  const name = KNOWN.has(event.operation) ? event.operation : "other";
  const before = tally.operations[name] ?? { outcomes: {} };
  const outcomes = { ...before.outcomes, [outcome]: (before.outcomes[outcome] ?? 0) + 1 };
  const seconds = begun === undefined ? before.seconds : Math.max(0, at - begun.at) / 1000;
  const last = TELLING.has(outcome) ? outcome : before.last;
  tally.operations[name] = { outcomes, ended: at, ...given({ seconds, last }) };
  if (begun !== undefined && TELLING.has(outcome)) conclude(tally, event, begun, at);
}

/** How it went with each backend and place. A place may be whole where a backend is not, and the other way round. */
function conclude(tally: Tally, event: AuditEvent, { backends, place }: Begun, at: number): void {
  const { operation, outcome } = event;
  const isDone = outcome === "success" || outcome === "partial";
  const missing = new Set(wordsIn(event, "not_complete"));
  for (const name of backends)
    put(tally.backends, name, judged(tally.backends[name], at, isDone && !missing.has(name)));
  if (place !== undefined) {
    const isWhole = operation === "export" ? isDone : outcome === "success";
    put(tally.places, place, judged(tally.places[place], at, isWhole));
  }
  for (const name of wordsIn(event, "not_copied"))
    put(tally.places, name, judged(attempt(tally.places[name], at), at, false));
}

const judged = (before: Standing | undefined, at: number, isWhole: boolean): Standing => ({
  ...(before ?? { attempted: at }),
  isWhole,
  ...(isWhole ? { succeeded: at } : {}),
});

function put<Value>(into: Record<string, Value>, key: string, value: Value): void {
  if (!Object.hasOwn(into, key) && Object.keys(into).length >= NAMES_MAX) return;
  into[key] = value;
}

function textIn({ details }: AuditEvent, member: string): string | undefined {
  const value = Object.hasOwn(details, member) ? details[member] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

const wordsIn = (event: AuditEvent, member: string): string[] => textIn(event, member)?.split(" ") ?? [];
