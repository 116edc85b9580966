import { fromMs, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import { type Annotation, annotationSchema, endOf, isAlertState, readAnnotations } from "./annotations.ts";
import { parseExact } from "./exact-json.ts";
import { create, type Restoring } from "./restore-object.ts";

interface Line {
  readonly line: string;
  readonly annotation: Annotation;
}

/** Writes the annotations that are not there yet. Those that alerting wrote cannot be written by anybody else. */
export async function putBackAnnotations(restoring: Restoring, batch: RestoreBatch): Promise<RestoreAnswer> {
  const lines = batch.lines
    .filter((line) => line.trim() !== "")
    .map((line): Line => ({ line, annotation: v.parse(annotationSchema, parseExact(line)) }))
    .filter(({ annotation }) => isWithin(annotation, batch));
  const there = await existing(restoring, lines);
  const rejected: { line: string; reason: string }[] = [];
  let written = 0;
  let known = 0;
  for (const { line, annotation } of lines) {
    const same = there.get(identity(annotation)) ?? 0;
    if (same > 0) {
      there.set(identity(annotation), same - 1);
      known += 1;
    } else if (isAlertState(annotation)) rejected.push({ line, reason: ALERT_STATE });
    else {
      const outcome = await create(restoring, { path: "/api/annotations", json: postable(annotation) });
      if (outcome.done === "refused") rejected.push({ line, reason: outcome.reason });
      else written += 1;
    }
  }
  return { written: { annotations: written }, existing: { annotations: known }, rejected };
}

const ALERT_STATE =
  "Alerting wrote it when a rule changed its state; Grafana does not take such annotations from outside.";

const isWithin = (annotation: Annotation, { range }: RestoreBatch): boolean =>
  fromMs(annotation.time) < range.to && fromMs(endOf(annotation)) >= range.from;

/** Two annotations that agree in all of this are the same one: ids are not kept. */
const identity = ({ time, text, tags, dashboardUID, panelId, newState, ...rest }: Annotation): string =>
  JSON.stringify([
    time,
    endOf({ time, text, ...rest }),
    text,
    tags ?? [],
    dashboardUID || "",
    panelId ?? 0,
    newState ?? "",
  ]);

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

/** What the server has in the time that the lines span, and how often each: two alike are two. */
async function existing({ server, signal }: Restoring, lines: readonly Line[]): Promise<Map<string, number>> {
  const starts = lines.map(({ annotation }) => annotation.time);
  const ends = lines.map(({ annotation }) => endOf(annotation));
  if (lines.length === 0) return new Map();
  const range = { from: fromMs(Math.min(...starts)), to: fromMs(Math.max(...ends)) + 1n };
  for (let limit = PAGE; ; limit *= 4) {
    const found = await readAnnotations(server.http, { range, limit }, signal);
    if (found.length < limit) return countOf(found.map(identity));
  }
}

function countOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
