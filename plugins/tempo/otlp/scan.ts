/** Finds and orders the spans of a trace without writing them: enough to decide which window has it, and to count it. */
import { resourceHead, schemaUrlTail, scopeHead } from "./head.ts";
import { writeSpan } from "./span.ts";
import { TextBuffer } from "./text-buffer.ts";
import { type Place, Wire } from "./wire.ts";

/** A trace in its final order. Times in ns. */
export interface ScannedTrace {
  readonly spans: readonly SpanPlace[];
  /** The first start of a span. */
  readonly from: bigint;
  /** The last moment of any span. */
  readonly to: bigint;
  readonly resources: readonly ResourceGroup[];
  /** How many strings of resources and scopes were not UTF-8. */
  readonly repaired: number;
}

/** Where one span stands, and what orders it. */
interface SpanPlace extends Place {
  readonly wire: Wire;
  /** ns */
  readonly from: bigint;
  readonly to: bigint;
  readonly id: bigint;
  readonly kind: number;
}

/** The spans of one instrumentation scope, as places in the trace's bytes. */
export interface ScopeGroup {
  /** The JSON that stands before the list, latin1. */
  readonly head: string;
  /** The JSON that stands behind the list, latin1. */
  readonly tail: string;
  readonly spans: readonly SpanPlace[];
  readonly first: SpanPlace;
}

/** The spans of one resource, as places in the trace's bytes; `head` and `tail` are the JSON around its scopes, latin1. */
export interface ResourceGroup {
  readonly head: string;
  readonly tail: string;
  readonly scopes: readonly ScopeGroup[];
  readonly first: SpanPlace;
}

/**
 * The spans in the parts of one trace: `TracesData` or `tempopb.Trace` bytes, each part from one place that holds it.
 * A span that an earlier part has already, by its id and kind, is left out, as Tempo's own combiner does. Equal resources
 * become one, and so do equal scopes.
 * @throws RangeError when a part is truncated
 */
export function scanTrace(parts: readonly Uint8Array[]): ScannedTrace {
  const groups: Groups = new Map();
  const heads = new TextBuffer(1024);
  const known = new Set<string>();
  for (const part of parts) {
    const own: string[] = [];
    const keep = (span: SpanPlace): boolean => {
      if (parts.length === 1) return true;
      const identity = `${span.id}/${span.kind}`;
      own.push(identity);
      return !known.has(identity);
    };
    scanPart({ wire: new Wire(part), groups, heads, keep });
    for (const identity of own) known.add(identity);
  }
  return { ...arranged(groups), repaired: heads.repaired };
}

interface Scan {
  readonly wire: Wire;
  readonly groups: Groups;
  readonly heads: TextBuffer;
  readonly keep: (span: SpanPlace) => boolean;
}

/** Resource head and tail -> scope head and tail -> spans. */
type Groups = Map<string, Map<string, SpanPlace[]>>;
/** Between head and tail in a key: no JSON contains it. */
const BETWEEN = "\u0000";

function scanPart(scan: Scan): void {
  const { wire } = scan;
  const end = wire.bytes.length;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) scanResourceSpans(wire.place(end), scan);
    else wire.skip(tag, end);
  }
}

interface Envelope {
  what?: Place;
  items?: Place[];
  schemaUrl?: Place;
}

/** ResourceSpans and ScopeSpans have the same form: 1 what it is, 2 what is in it, 3 schema URL. */
function envelope(wire: Wire, { start, end }: Place): Envelope {
  const found: Envelope = {};
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x0a) found.what = wire.place(end);
    else if (tag === 0x12) found.items = wire.another(found.items, end);
    else if (tag === 0x1a) found.schemaUrl = wire.place(end);
    else wire.skip(tag, end);
  }
  return found;
}

function scanResourceSpans(place: Place, scan: Scan): void {
  const { wire, groups, heads } = scan;
  const { what, items = [], schemaUrl } = envelope(wire, place);
  const key = resourceHead(wire, what, heads) + BETWEEN + schemaUrlTail(wire, schemaUrl, heads);
  const scopes = member(groups, key, () => new Map());
  for (const item of items) scanScopeSpans(item, scopes, scan);
  wire.position = place.end;
}

function scanScopeSpans(place: Place, scopes: Map<string, SpanPlace[]>, { wire, heads, keep }: Scan): void {
  const { what, items = [], schemaUrl } = envelope(wire, place);
  const key = scopeHead(wire, what, heads) + BETWEEN + schemaUrlTail(wire, schemaUrl, heads);
  const spans = member(scopes, key, () => []);
  for (const item of items) {
    const span = scanSpan(wire, item);
    if (keep(span)) spans.push(span);
  }
}

function member<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Reads only what orders a span. */
function scanSpan(wire: Wire, { start, end }: Place): SpanPlace {
  let from = 0n;
  let to = 0n;
  let id = 0n;
  let kind = 0;
  wire.position = start;
  for (let tag = wire.tag(end); tag !== 0; tag = wire.tag(end)) {
    if (tag === 0x12) id = wire.bigEndian(wire.place(end));
    else if (tag === 0x30) kind = wire.small();
    else if (tag === 0x39) from = wire.bigFixed64();
    else if (tag === 0x41) to = wire.bigFixed64();
    else wire.skip(tag, end);
  }
  return { wire, start, end, from, to: to > from ? to : from, id, kind };
}

function arranged(groups: Groups): Omit<ScannedTrace, "repaired"> {
  const resources: ResourceGroup[] = [];
  for (const [key, scopes] of groups) {
    const list = scopeGroups(scopes);
    const [first] = list;
    if (first !== undefined) resources.push({ ...headAndTail(key), scopes: list, first: first.first });
  }
  resources.sort(inOrder);
  const spans = resources.flatMap(({ scopes }) => scopes.flatMap((scope) => scope.spans));
  const to = spans.reduce((latest, span) => (span.to > latest ? span.to : latest), 0n);
  return { spans, from: resources[0]?.first.from ?? 0n, to, resources };
}

function scopeGroups(scopes: ReadonlyMap<string, SpanPlace[]>): ScopeGroup[] {
  const list: ScopeGroup[] = [];
  for (const [key, spans] of scopes) {
    const [first] = spans.sort(inTime);
    if (first !== undefined) list.push({ ...headAndTail(key), spans, first });
  }
  return list.sort(inOrder);
}

function headAndTail(key: string): { head: string; tail: string } {
  const [head = "", tail = ""] = key.split(BETWEEN);
  return { head, tail };
}

type Group = Pick<ResourceGroup, "head" | "tail" | "first">;

const inOrder = (a: Group, b: Group): number =>
  inTime(a.first, b.first) || (a.head + a.tail < b.head + b.tail ? -1 : 1);

function inTime(a: SpanPlace, b: SpanPlace): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  if (a.kind !== b.kind) return a.kind - b.kind;
  return a === b ? 0 : Buffer.compare(spanText(a), spanText(b));
}

/** The whole span, to order those that nothing else tells apart. */
function spanText(span: SpanPlace): Buffer {
  const text = new TextBuffer(1024);
  writeSpan(span.wire, span, text);
  return Buffer.from(text.view());
}
