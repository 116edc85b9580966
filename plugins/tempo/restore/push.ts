/**
 * `POST /v1/traces`: traces in bounded requests. Refused traces are found by halving. A push that is answered with 200 may have
 * been dropped all the same, so traces are read back.
 */
import { type HttpClient, isKind, messageOf } from "contextcore";
import { scanTrace } from "../otlp/scan.ts";
import { TextBuffer } from "../otlp/text-buffer.ts";
import { writeTrace } from "../otlp/trace.ts";
import type { FetchTrace } from "../server/trace-by-id.ts";
import { type State, stateOf, type TraceLine } from "./line.ts";

interface Refused {
  readonly trace: TraceLine;
  readonly reason: string;
}

/** About how many characters of JSON one request has. */
const PUSH_MAX = 1 << 20;

/** Pushes all traces. @returns those that the server refused; others may have been dropped */
export async function pushTraces(
  otlp: HttpClient,
  traces: readonly TraceLine[],
  signal: AbortSignal,
): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const batch of batches(traces)) refused.push(...(await push(otlp, batch, signal)));
  return refused;
}

function* batches(traces: readonly TraceLine[]): Generator<TraceLine[]> {
  let batch: TraceLine[] = [];
  let size = 0;
  for (const trace of traces) {
    if (batch.length > 0 && size + trace.inner.length > PUSH_MAX) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(trace);
    size += trace.inner.length;
  }
  if (batch.length > 0) yield batch;
}

async function push(otlp: HttpClient, batch: readonly TraceLine[], signal: AbortSignal): Promise<Refused[]> {
  const body = `{"resourceSpans":[${batch.map(({ inner }) => inner).join(",")}]}`;
  const headers = { "Content-Type": "application/json" };
  try {
    await (await otlp.send({ method: "POST", path: "/v1/traces", body, headers, signal })).text();
    return [];
  } catch (error) {
    const tooMuch = error instanceof Error && /batch size .* exceeds/.test(error.message);
    if (!tooMuch && !isKind(error, "invalid", "too-large")) throw error;
    const [only, ...others] = batch;
    if (only === undefined) return [];
    if (others.length === 0) return [{ trace: only, reason: messageOf(error) }];
    const middle = Math.ceil(batch.length / 2);
    const first = await push(otlp, batch.slice(0, middle), signal);
    return [...first, ...(await push(otlp, batch.slice(middle), signal))];
  }
}

/** Reads a trace that was pushed and compares it with its line. */
async function readBack(fetchTrace: FetchTrace, trace: TraceLine, signal: AbortSignal): Promise<State> {
  const { bytes } = await fetchTrace(trace.id, signal);
  const scanned = scanTrace([bytes]);
  if (scanned.spans.length === 0) return "missing";
  const out = new TextBuffer(trace.inner.length + 1024);
  writeTrace(scanned, out);
  return stateOf(trace, Buffer.from(out.view()).toString());
}

/** Reads many traces back, a few at a time to spare the server. */
export async function readAllBack(
  fetchTrace: FetchTrace,
  traces: readonly TraceLine[],
  signal: AbortSignal,
): Promise<Map<TraceLine, State>> {
  const states = new Map<TraceLine, State>();
  const waiting = traces.values();
  const work = async (): Promise<void> => {
    for (const trace of waiting) states.set(trace, await readBack(fetchTrace, trace, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return states;
}

const AT_ONCE = 4;
