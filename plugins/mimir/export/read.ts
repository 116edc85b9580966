import { halves, NS_PER_SECOND, PluginError, type Problem, type Step, toMs } from "contextcore";
import { compareBytes, metricName, readLabels } from "../line/labels.ts";
import { saidTooMuch } from "../server/api.ts";
import { matchersOf, type Server } from "../server/server.ts";
import { type Matcher, namesMatcher } from "../wire/matchers.ts";
import { toCursor, type WorkOf, windowOf } from "./cursors.ts";
import { createLineWriter, type LineWriter } from "./lines.ts";
import { rangeRead } from "./range-read.ts";
import { type Method, type ReadAnswer, remoteRead } from "./remote-read.ts";

/** The shortest window that a server may find too large. */
const WINDOW_MIN = 60n * NS_PER_SECOND;

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
    const writer = createLineWriter(work);
    const answer = await ask(server, work, signal);
    const stopped = await gather(answer, work, writer, limits.stepBytes);
    if (stopped === "unseen") return await readBehind(server, work, limits, signal);
    return finish(work, answer.method, writer, stopped);
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

function matchers({ match, names, except }: WorkOf<"read">): readonly Matcher[] {
  const asked = matchersOf(match);
  if (names !== undefined) return [...asked, namesMatcher(names)];
  return except === undefined ? asked : [...asked, namesMatcher(except, true)];
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

/** The series to continue after has been deleted since, so that its place is found by the answer's order. */
async function readBehind(
  server: Server,
  work: WorkOf<"read">,
  limits: { readonly stepBytes: number },
  signal: AbortSignal,
): Promise<Step> {
  const after = Buffer.from(work.after ?? "", "base64");
  const writer = createLineWriter(work);
  const answer = await ask(server, work, signal);
  for await (const series of answer.read((labelBytes) => answer.order(labelBytes, after) <= 0)) {
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
    ...(stopped === undefined ? {} : { next: behind(work, method, stopped).map(toCursor), done: 0.5 }),
  };
}

/**
 * What is left after a series. Series are streamed by their labels, and `__name__` comes before all names in lower case:
 * once a series that begins with its name has come, all metrics of smaller names are done.
 */
function behind(work: WorkOf<"read">, method: Method, stopped: Uint8Array): WorkOf<"read">[] {
  const after = Buffer.from(stopped).toString("base64");
  const { labels } = readLabels(stopped);
  const ordered = method === "streamed" && labels[0]?.[0] === "__name__";
  if (!ordered || work.names === undefined) return [{ ...work, after }];
  const name = metricName(labels);
  const later = work.names.filter((other) => compareBytes(other, name) > 0);
  const rest = { ...work, names: [name], after };
  const { after: _, ...whole } = work;
  return later.length === 0 ? [rest] : [rest, { ...whole, names: later }];
}

/** `undefined`: it cannot be split any further. */
function smaller(work: WorkOf<"read">): (WorkOf<"read"> | WorkOf<"groups">)[] | undefined {
  const { names } = work;
  if (names === undefined && work.except === undefined && work.after === undefined) {
    return [{ step: "groups", ...windowOf(work) }];
  }
  if (names !== undefined && names.length > 1) {
    const middle = names.length >> 1;
    return [
      { ...work, names: names.slice(0, middle) },
      { ...work, names: names.slice(middle) },
    ];
  }
  if (work.to - work.from <= WINDOW_MIN) return undefined;
  const [earlier, later] = halves(work, NS_PER_SECOND) ?? [];
  if (earlier === undefined || later === undefined) return undefined;
  return [
    { ...work, ...earlier },
    { ...work, ...later, first: undefined },
  ];
}

function methodProblems({ from, to }: WorkOf<"read">, method: Method): Problem[] {
  if (method !== "range") return [];
  const reason =
    "Remote read is not offered, so samples were read by queries: these leave out stale markers, do not tell one NaN from another, and give native histograms without their schema.";
  return [{ kind: "lossy", reason, range: { from, to } }];
}
