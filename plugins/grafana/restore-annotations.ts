import { fromMs, type RestoreAnswer, type RestoreBatch, v } from "contextcore";
import { type Annotation, annotationSchema, endOf, isAlertState, readAnnotations } from "./annotations.ts";
import { parseExact } from "./exact-json.ts";
import { create, type Outcome, type Restoring, refused } from "./restore-object.ts";

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
  const met = new Map<string, number>();
  const rejected: { line: string; reason: string }[] = [];
  let written = 0;
  for (const one of lines) {
    const id = identity(one.annotation);
    const before = met.get(id) ?? 0;
    met.set(id, before + 1);
    if (before < (there.get(id) ?? 0)) continue;
    const outcome = await putBackOne(restoring, one, before);
    if (outcome.done === "refused") rejected.push({ line: one.line, reason: outcome.reason });
    else written += 1;
  }
  const known = lines.length - written - rejected.length;
  return { written: { annotations: written }, existing: { annotations: known }, rejected };
}

/** Writes one annotation; `before` are there that are like it. */
async function putBackOne(restoring: Restoring, one: Line, before: number): Promise<Outcome> {
  const { annotation } = one;
  if (isAlertState(annotation)) return refused(ALERT_STATE);
  const isThere = async () => ((await existing(restoring, [one])).get(identity(annotation)) ?? 0) > before;
  return create(restoring, { path: "/api/annotations", json: postable(annotation), isThere });
}

const ALERT_STATE =
  "Alerting wrote it when a rule changed its state; Grafana does not take such annotations from outside.";

const isWithin = (annotation: Annotation, { range }: RestoreBatch): boolean =>
  fromMs(annotation.time) < range.to && fromMs(endOf(annotation)) >= range.from;

/** Two annotations that agree in all of this, as the server would keep it, are the same one: ids are not kept. */
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
