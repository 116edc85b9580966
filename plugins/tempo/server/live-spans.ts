/**
 * Which spans the live stores (version 2: ingesters) hold, each by itself. Search counts only the largest of a trace's pieces
 * there, and TraceQL metrics pass over spans that came late; but sets that `by()` makes are joined over all pieces, so by
 * its id and kind every span is a set of its own. Asked of a querier without a range, it looks at everything that is written
 * there, whatever its times. Source: pkg/traceql/combine.go, modules/livestore/instance_search.go; measured with 3.1.
 */
import { type HttpClient, PluginError, ProtobufReader } from "contextcore";

/** A span as far as Tempo tells spans of one trace apart. */
interface SpanIdentity {
  readonly id: bigint;
  readonly kind: number;
}

/** A trace of which something is there. */
interface LiveTrace {
  /** 32 hex digits. */
  readonly id: string;
  /** How many spans, at least. */
  readonly spans: number;
  /** Where the first of them begins. ns */
  readonly from: bigint;
  /** Where the last of them ends; absent where not all of them are known. ns */
  readonly to: bigint | undefined;
}

/** What the live stores hold. */
export interface LiveSpans {
  /** In the order of their ids. */
  readonly traces: readonly LiveTrace[];
  /** Whether there may be a span of the trace that is not one of these. */
  hasMore(trace: string, known: readonly SpanIdentity[]): boolean;
}

/** The work of joining sets grows with the square of their number, so a larger piece is cheaper to read by its trace's id. */
const PIECE_MAX = 100;
/** In this order: a piece that grows in between is in the second answer at least. */
const EACH_SPAN = `{} | count() <= ${PIECE_MAX} | by(span:id) | by(span:kind)`;
const LARGE_PIECES = `{} | count() > ${PIECE_MAX}`;

/** Traces in one answer, at most. */
const LIMIT = 100_000;
/** A span takes some 200 bytes. */
const ANSWER_BYTES_MAX = 64 << 20;

/**
 * Asks a querier for everything that is written in the live stores at this moment.
 * @throws PluginError also where a querier does not answer in this form, or with too much
 */
export async function readLiveSpans(querier: HttpClient, signal: AbortSignal): Promise<LiveSpans> {
  const found = new Map<string, Found>();
  for (const one of await search(querier, EACH_SPAN, signal)) found.set(one.id, one);
  for (const one of await search(querier, LARGE_PIECES, signal))
    found.set(one.id, { ...one, keys: undefined, to: undefined });
  return {
    traces: [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    hasMore(trace, known) {
      const live = found.get(trace);
      if (live === undefined) return false;
      if (live.keys === undefined) return true;
      const keys = new Set(known.map(keyOf));
      return live.keys.some((key) => !keys.has(key));
    },
  };
}

interface Found extends LiveTrace {
  /** Its spans; absent where not all of them are known. */
  readonly keys: readonly bigint[] | undefined;
}

async function search(querier: HttpClient, query: string, signal: AbortSignal): Promise<Found[]> {
  const answer = await querier.send({
    path: "/api/search",
    query: { q: query, start: 0, end: 0, limit: LIMIT, spss: 1 },
    headers: { Accept: "application/protobuf" },
    maxBytes: ANSWER_BYTES_MAX,
    signal,
  });
  const type = answer.headers.get("content-type") ?? "nothing";
  if (!type.includes("protobuf")) throw failure(querier, `the answer is ${type}, not protobuf`);
  const traces = readSearch(await answer.bytes(), querier);
  if (traces.length >= LIMIT) throw failure(querier, `there are ${LIMIT} traces or more`);
  return traces;
}

const failure = ({ url }: HttpClient, what: string, cause?: unknown): PluginError =>
  new PluginError("invalid", `${url} does not list the spans of the live stores: ${what}`, { cause });

/** SearchResponse: 1 traces. */
function readSearch(bytes: Uint8Array, querier: HttpClient): Found[] {
  const traces: Found[] = [];
  try {
    const reader = new ProtobufReader(bytes);
    while (reader.next()) {
      if (reader.field === 1) traces.push(readTrace(reader.message()));
      else reader.skip();
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw failure(querier, cause.message, cause);
  }
  return traces;
}

/** TraceSearchMetadata: 1 id without leading zeros, 4 its begin, 7 sets, 8 spans by service, of the largest piece. */
function readTrace(reader: ProtobufReader): Found {
  let [id, from, to, spans, isWhole] = ["", 0n, 0n, 0, true];
  const keys = new Set<bigint>();
  while (reader.next()) {
    if (reader.field === 1) id = reader.string();
    else if (reader.field === 4) from = reader.uint64();
    else if (reader.field === 7) {
      const { key, end } = readSet(reader.message());
      if (end > to) to = end;
      if (key === undefined) isWhole = false;
      else keys.add(key);
    } else if (reader.field === 8) spans += readService(reader.message());
    else reader.skip();
  }
  const isKnown = isWhole && keys.size >= spans;
  return {
    id: id.toLowerCase().padStart(32, "0"),
    from,
    to: isKnown ? to : undefined,
    spans: Math.max(spans, keys.size),
    keys: isKnown ? [...keys] : undefined,
  };
}

/** An entry of a map: 2 what there is of the service, of which 1 is the number of spans. */
function readService(reader: ProtobufReader): number {
  let spans = 0;
  while (reader.next()) {
    if (reader.field !== 2) reader.skip();
    else {
      const service = reader.message();
      while (service.next()) {
        if (service.field === 1) spans = service.uint32();
        else service.skip();
      }
    }
  }
  return spans;
}

interface SpanSet {
  /** What tells its span from the others of the trace; absent where the set has no such name. */
  readonly key: bigint | undefined;
  /** Where its span ends. ns */
  readonly end: bigint;
}

/** SpanSet: 1 spans, 3 attributes, among them what the set has in common. */
function readSet(reader: ProtobufReader): SpanSet {
  let [id, kind, end] = ["", -1, 0n];
  while (reader.next()) {
    if (reader.field === 1) end = readEnd(reader.message());
    else if (reader.field !== 3) reader.skip();
    else {
      const { key, value } = readAttribute(reader.message());
      if (key === "by(span:id)") id = value;
      else if (key === "by(kind)" || key === "by(span:kind)") kind = KINDS.indexOf(value);
    }
  }
  const isNamed = /^[0-9a-f]{1,16}$/i.test(id) && kind >= 0;
  return { key: isNamed ? keyOf({ id: BigInt(`0x${id}`), kind }) : undefined, end };
}

/** Span: 3 its begin, 4 its duration. */
function readEnd(reader: ProtobufReader): bigint {
  let end = 0n;
  while (reader.next()) {
    if (reader.field === 3 || reader.field === 4) end += reader.uint64();
    else reader.skip();
  }
  return end;
}

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"];

/** KeyValue: 1 key, 2 a value, of which 1 is the text. */
function readAttribute(reader: ProtobufReader): { readonly key: string; readonly value: string } {
  let [key, value] = ["", ""];
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) {
      const content = reader.message();
      while (content.next()) {
        if (content.field === 1) value = content.string();
        else content.skip();
      }
    } else reader.skip();
  }
  return { key, value };
}

/** One number for both; no kind that Tempo names is 15. */
const keyOf = ({ id, kind }: SpanIdentity): bigint => (id << 4n) | BigInt(Math.min(kind, 15));
