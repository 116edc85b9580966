/** `POST /v1/traces`: traces in bounded requests; what is refused is found by halving. */
import { type HttpClient, isKind } from "contextcore";
import type { TraceLine } from "./line.ts";

export interface Refused {
  readonly trace: TraceLine;
  readonly reason: string;
}

/** Characters of JSON in one request, about. */
const PUSH_MAX = 1 << 20;

/** Pushes all; resolves with those that the server refused by name. A 200 means only that it listened. */
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
    if (others.length === 0)
      return [{ trace: only, reason: error instanceof Error ? error.message : String(error) }];
    const middle = Math.ceil(batch.length / 2);
    const first = await push(otlp, batch.slice(0, middle), signal);
    return [...first, ...(await push(otlp, batch.slice(middle), signal))];
  }
}
