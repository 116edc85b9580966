/** Annotations on the server: read by time, and written unless they exist. */
import {
  fromMs,
  given,
  objectOf,
  parseExact,
  type Range,
  type RestoreAnswer,
  type RestoreBatch,
  toMs,
  v,
} from "contextcore";
import type { Outcome, Restoring } from "./kind.ts";
import { dashboardNumber, dashboardUids } from "./numbers.ts";
import { refused, send } from "./put.ts";
import { read, type Server, soundRows } from "./server.ts";

/** An annotation as a line in a snapshot: without numeric ids and author, which the server sets. */
const annotationSchema = v.object({
  /** ms */
  time: v.number(),
  timeEnd: v.optional(v.number()),
  text: v.optional(v.string(), ""),
  tags: v.optional(v.nullable(v.array(v.string()))),
  dashboardUID: v.optional(v.nullable(v.string())),
  panelId: v.optional(v.number()),
  alertId: v.optional(v.number()),
  alertName: v.optional(v.string()),
  newState: v.optional(v.string()),
  prevState: v.optional(v.string()),
  data: v.optional(v.nullable(objectOf(v.unknown()))),
});
/** An annotation as a line of a snapshot has it. Times are ms. */
export type Annotation = v.InferOutput<typeof annotationSchema>;

/** As the server gives it: before 9 its dashboard is only a number. */
const heldSchema = v.object({ ...annotationSchema.entries, dashboardId: v.optional(v.number(), 0) });

/** Parses a snapshot line into its annotation. */
export const parseAnnotation = (line: string): Annotation => v.parse(annotationSchema, parseExact(line));

/** True for an annotation written by alerting; nobody else can write one. */
const isAlertState = ({ alertId = 0, newState = "" }: Annotation): boolean => alertId > 0 || newState !== "";

/** When it ends, ms. */
export const endOf = ({ time, timeEnd = 0 }: Annotation): number => Math.max(time, timeEnd);

/**
 * Annotations that overlap the range, newest end first, at most `limit`: there are no pages, and anything beyond the limit is
 * silently dropped. Grafana treats both ends as inclusive, in ms, and 0 as "no such end".
 */
export async function readSomeAnnotations(
  server: Server,
  request: AnnotationRequest,
): Promise<{ readonly found: Annotation[]; readonly isFull: boolean }> {
  const { found, isFull } = await readAnnotationRows(server, heldSchema, request);
  return { found: await withUids(server, found), isFull };
}

/** The same, with what the schema says of each. */
export async function readAnnotationRows<Schema extends v.GenericSchema>(
  server: Server,
  schema: Schema,
  { range, limit, type, timeoutMs }: AnnotationRequest,
): Promise<{ readonly found: v.InferOutput<Schema>[]; readonly isFull: boolean }> {
  const from = Math.max(1, toMs(range.from));
  const to = Math.max(from, toMs(range.to - 1n));
  const query = { from, to, limit, type };
  const request = { path: "/api/annotations", query, ...given({ timeoutMs }) };
  const rows = await read(server, v.array(v.unknown()), request);
  return { found: soundRows(server, schema, { rows, request }), isFull: rows.length >= limit };
}

async function withUids(
  server: Server,
  held: readonly v.InferOutput<typeof heldSchema>[],
): Promise<Annotation[]> {
  const needs = (await server.world()).numbered === true && held.some(({ dashboardId }) => dashboardId > 0);
  const uids = needs ? await dashboardUids(server) : undefined;
  return held.map(({ dashboardId, ...one }) => ({
    ...one,
    ...given({ dashboardUID: uids?.get(dashboardId) }),
  }));
}

/** Those of alerting, and all others. */
export const ANNOTATION_TYPES = ["alert", "annotation"] as const;
/** One of {@link ANNOTATION_TYPES}. */
export type AnnotationType = (typeof ANNOTATION_TYPES)[number];

interface AnnotationRequest {
  readonly range: Range;
  readonly limit: number;
  readonly type?: AnnotationType | undefined;
  /** Default: the client's. */
  readonly timeoutMs?: number;
}

/** The same without a type, for what needs them all. */
async function readAnnotations(server: Server, request: AnnotationRequest): Promise<Annotation[]> {
  return (await readSomeAnnotations(server, request)).found;
}

const DAY_MS = 86_400_000;

/** The times of the oldest annotation (up to a day early) and of the newest; `undefined` when there are none. */
export async function annotationSpan(
  server: Server,
  now: bigint,
): Promise<{ oldest: bigint; newest: bigint } | undefined> {
  const newestUntil = async (ms: number): Promise<Annotation | undefined> =>
    (await readAnnotations(server, { range: { from: 0n, to: fromMs(ms) + 1n }, limit: 1 }))[0];
  const latest = await newestUntil(toMs(now) + 365 * DAY_MS);
  if (latest === undefined) return undefined;
  let none = 0;
  let some = Math.ceil(endOf(latest) / DAY_MS);
  while (some - none > 1) {
    const middle = Math.floor((none + some) / 2);
    if ((await newestUntil(middle * DAY_MS)) === undefined) none = middle;
    else some = middle;
  }
  return { oldest: fromMs(none * DAY_MS), newest: fromMs(endOf(latest)) };
}

interface Line {
  readonly line: string;
  readonly annotation: Annotation;
}

/** Writes the annotations that do not exist yet. Nobody but alerting can write its annotations. */
export async function putAnnotations(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer> {
  const lines = batch.lines
    .filter((line) => line.trim() !== "")
    .map((line): Line => ({ line, annotation: parseAnnotation(line) }))
    .filter(({ annotation }) => isWithin(annotation, batch));
  const there = await existing(restoring, lines);
  const met = new Map<string, number>();
  const rejected: { line: string; reason: string }[] = [];
  let written = 0;
  for (const one of lines) {
    const id = identity(one.annotation);
    const before = met.get(id) ?? 0;
    met.set(id, before + 1);
    if (before < (there.get(id) ?? 0)) continue;
    const outcome = await putOne(restoring, one, before);
    if (outcome.done === "refused") rejected.push({ line: one.line, reason: outcome.reason });
    else written += 1;
  }
  const known = lines.length - written - rejected.length;
  return { written: { annotations: written }, existing: { annotations: known }, rejected };
}

/** Writes one annotation; `before` equal ones exist. */
async function putOne(restoring: Restoring, one: Line, before: number): Promise<Outcome> {
  const { annotation } = one;
  if (isAlertState(annotation)) return refused(ALERT_STATE);
  const isThere = async () => ((await existing(restoring, [one])).get(identity(annotation)) ?? 0) > before;
  const dashboard = await numberOf(restoring, annotation);
  if (dashboard === "absent") return refused("The dashboard that it belongs to is not there.");
  return send(restoring, {
    path: "/api/annotations",
    json: { ...postable(annotation), ...dashboard },
    isThere,
  });
}

/** Its dashboard, for a Grafana that knows it by number: without one the annotation would belong to none. */
async function numberOf(server: Server, { dashboardUID }: Annotation) {
  if (!dashboardUID || (await server.world()).numbered !== true) return {};
  const dashboardId = await dashboardNumber(server, dashboardUID);
  return dashboardId === undefined ? ("absent" as const) : { dashboardId };
}

const ALERT_STATE =
  "Alerting wrote it when a rule changed its state; Grafana does not take such annotations from outside.";

const isWithin = (annotation: Annotation, { range }: RestoreBatch): boolean =>
  fromMs(annotation.time) < range.to && fromMs(endOf(annotation)) >= range.from;

/** Two annotations that agree in all of this, as the server would store it, count as the same: ids are not kept. */
function identity(annotation: Annotation): string {
  const { time, text, tags, dashboardUID, panelId, newState } = annotation;
  const panel = dashboardUID ? (panelId ?? 0) : 0;
  const end = endOf(annotation);
  return JSON.stringify([time, end, text, keptTags(tags ?? []), dashboardUID || "", panel, newState ?? ""]);
}

/** Grafana trims tags, keeps of `a:b:c` only `a:b`, and each once (`ParseTagPairs` in its package `tag`). */
function keptTags(tags: readonly string[]): string[] {
  const kept = tags.map((tag) => {
    const [key = "", value = ""] = tag.split(":").map((part) => part.trim());
    return key === "" || value === "" ? key : `${key}:${value}`;
  });
  return [...new Set(kept)].filter((tag) => tag !== "");
}

function postable(annotation: Annotation) {
  const { time, timeEnd, text, tags, dashboardUID, panelId, data } = annotation;
  return {
    time,
    timeEnd,
    text,
    tags: tags ?? [],
    data: data ?? {},
    ...(dashboardUID ? { dashboardUID, panelId } : {}),
  };
}

const PAGE = 10_000;

/** The server's annotations in the time range of the lines, with how often each occurs: two equal ones are two. */
async function existing(server: Server, lines: readonly Line[]): Promise<Map<string, number>> {
  const starts = lines.map(({ annotation }) => annotation.time);
  const ends = lines.map(({ annotation }) => endOf(annotation));
  if (lines.length === 0) return new Map();
  const range = { from: fromMs(Math.min(...starts)), to: fromMs(Math.max(...ends)) + 1n };
  for (let limit = PAGE; ; limit *= 4) {
    const found = await readAnnotations(server, { range, limit });
    if (found.length < limit) return countOf(found.map(identity));
  }
}

function countOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
