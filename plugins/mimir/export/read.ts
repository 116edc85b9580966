import { PluginError, type Problem, type Step, toMs } from "contextcore";
import { compareBytes, compareLabels, metricName, readLabels } from "../line/labels.ts";
import { saidTooMuch, shorter, warned } from "../server/api.ts";
import { matchersOf } from "../server/queries.ts";
import { type Method, type ReadAnswer, remoteRead } from "../server/remote-read.ts";
import type { Server } from "../server/server.ts";
import { ownLabels } from "../server/settings.ts";
import { type Matcher, namesMatcher, oneOf } from "../wire/matchers.ts";
import { toCursor, type Work, type WorkOf, windowOf } from "./cursors.ts";
import { partsOfMetric } from "./groups.ts";
import { createLineWriter, type LineWriter } from "./lines.ts";
import { rangeRead } from "./range-read.ts";

const NAMES: Readonly<Record<Method, string>> = {
  streamed: "remote read, streamed chunks",
  sampled: "remote read, samples",
  range: "instant queries of range vectors",
};

/**
 * Reads the samples of one window's series. What is more than a step may yield is left to a cursor that continues after
 * the last series; what is more than the server gives is split: metrics first, then time.
 */
export async function read(
  server: Server,
  work: WorkOf<"read">,
  limits: { readonly stepBytes: number },
  signal: AbortSignal,
): Promise<Step> {
  const attempt = (place: Place) => readFrom(server, work, { place, ...limits }, signal);
  const byOrder = async () => attempt(await placeByOrder(server, work, signal));
  try {
    // The series at which an earlier step stopped is not among those of a part, or of the rest.
    const isPart = work.part !== undefined || work.except !== undefined || work.within !== undefined;
    if (isPart) return (await byOrder()) ?? {};
    return (await attempt(placeBySeries(work))) ?? (await byOrder()) ?? {};
  } catch (error) {
    const parts = (await asksForLess(server, error, signal)) ? smaller(work) : undefined;
    if (parts === undefined) throw error;
    return { next: parts.map(toCursor) };
  }
}

/** `undefined` when the answer ended before the place was found. */
async function readFrom(
  server: Server,
  work: WorkOf<"read">,
  { place, stepBytes }: { readonly place: Place; readonly stepBytes: number },
  signal: AbortSignal,
): Promise<Step | undefined> {
  const writer = createLineWriter(work, stepBytes);
  const answer = await ask(server, work, signal);
  for await (const series of answer.read((labelBytes) => place.isDone(labelBytes))) {
    writer.add(series);
    if (writer.length < stepBytes) continue;
    const stopped = series.labelBytes.slice();
    const parts = await partsOfMetric(server, { work, stopped, read: writer.lines }, signal);
    return finish(work, answer, writer, parts ?? behind(work, stopped, writer.lines));
  }
  return place.found ? finish(work, answer, writer, []) : undefined;
}

/** A read that took too long is tried in parts if the server still answers: one that hangs would hang on each part. */
async function asksForLess(server: Server, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (saidTooMuch(error)) return true;
  return error instanceof PluginError && error.timedOut && (await isAlive(server, signal));
}

async function isAlive(server: Server, signal: AbortSignal): Promise<boolean> {
  const { prefix } = await server.identity(signal);
  const request = { path: `${prefix}/api/v1/status/buildinfo`, timeoutMs: 10_000, accept: [404], signal };
  return server.http.send(request).then(
    () => true,
    () => false,
  );
}

function ask(server: Server, work: WorkOf<"read">, signal: AbortSignal): Promise<ReadAnswer> {
  const query = { fromMs: toMs(work.from), lastMs: toMs(work.to) - 1, matchers: matchersOfRead(work) };
  return work.method === "range" ? rangeRead(server, query, signal) : remoteRead(server, query, signal);
}

/** The matchers that select the series of a read. */
export function matchersOfRead(work: WorkOf<"read">): readonly Matcher[] {
  const { match, names, except = [], part, within = [] } = work;
  const parts = part === undefined ? within : [part, ...within];
  return [
    ...matchersOf(match),
    ...(names === undefined ? [] : [namesMatcher(names)]),
    ...(except.length === 0 ? [] : [namesMatcher(except, true)]),
    ...parts.map((one) => oneOf(one.label, one.values, one.except)),
  ];
}

function finish(
  work: WorkOf<"read">,
  { method, warnings = [] }: ReadAnswer,
  writer: LineWriter,
  next: readonly Work[],
): Step {
  const { records, problems } = writer.finish({ from: work.hourFrom, to: work.hourTo });
  return {
    records,
    problems: [...problems, ...methodProblems(work, method), ...warned(warnings, work)],
    notes: { read: NAMES[method] },
    ...(next.length === 0 ? {} : { next: next.map(toCursor), done: 0.5 }),
  };
}

function methodProblems({ from, to }: WorkOf<"read">, method: Method): Problem[] {
  if (method !== "range") return [];
  const reason =
    "Remote read is not offered, so samples were read by queries: these leave out stale markers, do not tell one NaN from another, and give native histograms without their schema.";
  return [{ kind: "lossy", reason, range: { from, to } }];
}

/**
 * What is left after the series at which a step stopped. Series come in the order of their labels, and `__name__` comes
 * before all names in lower case: once a series that begins with its name has come, all metrics of smaller names are done.
 * @param read how many series one step could hold
 */
function behind(work: WorkOf<"read">, stopped: Uint8Array, read: number): readonly Work[] {
  const after = Buffer.from(stopped).toString("base64");
  const { labels } = readLabels(stopped);
  if (labels[0]?.[0] !== "__name__" || work.except !== undefined) return [{ ...work, after }];
  const { names } = work;
  if (names === undefined) return [{ step: "groups", ...windowOf(work), after, series: read }];
  const name = metricName(labels);
  const later = names.filter((other) => compareBytes(other, name) > 0);
  const rest = { ...work, names: [name], after };
  return later.length === 0 ? [rest] : [rest, { ...work, names: later, after: undefined }];
}

/** Two reads with half of the metrics each; `undefined` if the read does not name several. */
export function halvedNames(work: WorkOf<"read">): readonly Work[] | undefined {
  const { names = [] } = work;
  if (names.length < 2) return undefined;
  const middle = names.length >> 1;
  return [
    { ...work, names: names.slice(0, middle) },
    { ...work, names: names.slice(middle) },
  ];
}

/** Smaller reads for one that was too much for the server; `undefined` when it cannot be split any further. */
function smaller(work: WorkOf<"read">): readonly Work[] | undefined {
  const { names } = work;
  if (names === undefined && work.except === undefined) {
    return [{ step: "groups", ...windowOf(work), after: work.after }];
  }
  const halved = halvedNames(work);
  if (halved !== undefined) return halved;
  const [earlier, later] = shorter(work) ?? [];
  if (earlier === undefined || later === undefined) return undefined;
  return [
    { ...work, ...earlier },
    { ...work, ...later, first: undefined },
  ];
}

/** Where an earlier step stopped: it tells the series that are done from those that are left. */
interface Place {
  /** Whether an earlier step has done this series. To be asked of each series in turn. */
  isDone(labelBytes: Uint8Array): boolean;
  /** False until the series at which that step stopped has come. */
  readonly found: boolean;
}

/** By the series at which it stopped: what the server gives after it is left, in whatever order. */
function placeBySeries({ after }: WorkOf<"read">): Place {
  const last = after === undefined ? undefined : Buffer.from(after, "base64");
  let found = last === undefined;
  return {
    get found() {
      return found;
    },
    isDone(labelBytes) {
      if (found) return false;
      found = last?.equals(labelBytes) ?? true;
      return true;
    },
  };
}

/** By the order in which servers stream series, for when that series is not among those that are read, or is gone. */
async function placeByOrder(server: Server, { after }: WorkOf<"read">, signal: AbortSignal): Promise<Place> {
  if (after === undefined) return { found: true, isDone: () => false };
  const own = await ownLabels(server, signal);
  const last = own(readLabels(Buffer.from(after, "base64")).labels);
  return {
    found: true,
    isDone: (labelBytes) => compareLabels(own(readLabels(labelBytes).labels), last) <= 0,
  };
}
