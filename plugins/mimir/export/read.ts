import { PluginError, type Problem, type Step, toMs } from "contextcore";
import { compareLabels, readLabels } from "../line/labels.ts";
import { saidTooMuch } from "../server/api.ts";
import { matchersOf, type Server } from "../server/server.ts";
import { type Matcher, namesMatcher, oneOf } from "../wire/matchers.ts";
import { toCursor, type WorkOf } from "./cursors.ts";
import { createLineWriter, type LineWriter } from "./lines.ts";
import { partsOfMetric } from "./parts.ts";
import { rangeRead } from "./range-read.ts";
import { type Method, type ReadAnswer, remoteRead } from "./remote-read.ts";
import { behind, smaller } from "./split.ts";

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
  try {
    const writer = createLineWriter(work, limits.stepBytes);
    const answer = await ask(server, work, signal);
    const stopped = await gather(answer, work, writer, limits.stepBytes);
    if (stopped === "unseen") return await readBehind(server, work, limits, signal);
    const parts = stopped === undefined ? undefined : await partsOfMetric(server, work, writer.lines, signal);
    return parts === undefined ? finish(work, answer.method, writer, stopped) : { next: parts.map(toCursor) };
  } catch (error) {
    const parts = (await asksForLess(server, error, signal)) ? smaller(work) : undefined;
    if (parts === undefined) throw error;
    return { next: parts.map(toCursor) };
  }
}

/** A read that took too long is tried in parts when the server is well otherwise: one that hangs would hang on each part. */
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
  const query = { fromMs: toMs(work.from), lastMs: toMs(work.to) - 1, matchers: matchers(work) };
  return work.method === "range" ? rangeRead(server, query, signal) : remoteRead(server, query, signal);
}

function matchers({ match, names, except, part }: WorkOf<"read">): readonly Matcher[] {
  return [
    ...matchersOf(match),
    ...(names === undefined ? [] : [namesMatcher(names)]),
    ...(except === undefined ? [] : [namesMatcher(except, true)]),
    ...(part === undefined ? [] : [oneOf(part.label, part.values, part.except)]),
  ];
}

/** The label bytes of the series after which it stopped; `unseen`: the series to continue after is gone; else all is read. */
type Stopped = Uint8Array | "unseen" | undefined;

async function gather(
  answer: ReadAnswer,
  work: WorkOf<"read">,
  writer: LineWriter,
  stepBytes: number,
): Promise<Stopped> {
  const after = work.after === undefined ? undefined : Buffer.from(work.after, "base64");
  let seen = after === undefined;
  const skip = (labelBytes: Uint8Array): boolean => {
    if (seen) return false;
    seen = after?.equals(labelBytes) ?? true;
    return true;
  };
  for await (const series of answer.read(skip)) {
    writer.add(series);
    if (writer.length >= stepBytes) return series.labelBytes.slice();
  }
  return seen ? undefined : "unseen";
}

/** The series to continue after is not there (any more), so that its place is found by the order of labels. */
async function readBehind(
  server: Server,
  work: WorkOf<"read">,
  limits: { readonly stepBytes: number },
  signal: AbortSignal,
): Promise<Step> {
  const { labels: after } = readLabels(Buffer.from(work.after ?? "", "base64"));
  const writer = createLineWriter(work, limits.stepBytes);
  const answer = await ask(server, work, signal);
  for await (const series of answer.read((bytes) => compareLabels(readLabels(bytes).labels, after) <= 0)) {
    writer.add(series);
    if (writer.length >= limits.stepBytes)
      return finish(work, answer.method, writer, series.labelBytes.slice());
  }
  return finish(work, answer.method, writer, undefined);
}

function finish(
  work: WorkOf<"read">,
  method: Method,
  writer: LineWriter,
  stopped: Uint8Array | undefined,
): Step {
  const { records, problems } = writer.finish({ from: work.hourFrom, to: work.hourTo });
  return {
    records,
    problems: [...problems, ...methodProblems(work, method)],
    notes: { read: NAMES[method] },
    ...(stopped === undefined ? {} : { next: behind(work, stopped, writer.lines).map(toCursor), done: 0.5 }),
  };
}

function methodProblems({ from, to }: WorkOf<"read">, method: Method): Problem[] {
  if (method !== "range") return [];
  const reason =
    "Remote read is not offered, so samples were read by queries: these leave out stale markers, do not tell one NaN from another, and give native histograms without their schema.";
  return [{ kind: "lossy", reason, range: { from, to } }];
}
