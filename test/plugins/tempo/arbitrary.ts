/** Random traces: every kind of attribute, events, links, missing parents, 64-bit integers, odd strings. */
import fc from "fast-check";
import type { AnyValue, Attribute, Attributed, Event, Link, Span, Trace } from "../../lab/tempo/model.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", '"', "\\", "\u0000\u001f\u007f", "\u2028", "naïve ✨ 漢字", "😀", "</script>", "a/b"),
);

const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 9_007_199_254_740_993n, -(2n ** 63n), 2n ** 63n - 1n),
);

const double = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 0.1, 1e300, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const bytes = fc.uint8Array({ maxLength: 9 });

const { value } = fc.letrec<{ value: AnyValue; attribute: Attribute }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.record({ kind: fc.constant("string" as const), value: text }),
    fc.record({ kind: fc.constant("bool" as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant("int" as const), value: whole }),
    fc.record({ kind: fc.constant("double" as const), value: double }),
    fc.record({ kind: fc.constant("bytes" as const), value: bytes }),
    fc.constant({ kind: "none" as const }),
    fc.record({ kind: fc.constant("array" as const), value: fc.array(tie("value"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("kvlist" as const), value: fc.array(tie("attribute"), { maxLength: 3 }) }),
  ),
  attribute: fc.record({ key: text, value: tie("value") }),
}));

const attributes = fc.uniqueArray(fc.record({ key: text, value }), {
  selector: ({ key }) => key,
  maxLength: 4,
});
const dropped = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 2 ** 32 - 1 }));
const attributed: fc.Arbitrary<Attributed> = fc.record({ attributes, droppedAttributes: dropped });

const hex = (digits: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
const spanId = hex(16).filter((id) => !/^0+$/.test(id));
const traceId = fc
  .oneof(
    hex(32),
    hex(8).map((id) => id.padStart(32, "0")),
  )
  .filter((id) => !/^0+$/.test(id));

export interface TimesOptions {
  readonly from: bigint;
  readonly to: bigint;
}

const event = (at: bigint): fc.Arbitrary<Event> =>
  fc
    .tuple(attributed, text, fc.bigInt({ min: 0n, max: 1_000_000_000n }))
    .map(([rest, name, after]) => ({ ...rest, name, time: at + after }));

const link: fc.Arbitrary<Link> = fc
  .tuple(attributed, hex(32), spanId, text)
  .map(([rest, of, id, traceState]) => ({ ...rest, traceId: of, spanId: id, traceState }));

const span = (of: string, { from, to }: TimesOptions): fc.Arbitrary<Span> =>
  fc
    .record({
      start: fc.bigInt({ min: from, max: to }),
      // Most are short; some reach over many windows.
      length: fc.oneof(
        { weight: 2, arbitrary: fc.constant(0n) },
        { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: (to - from) / 1_000n }) },
        { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (to - from) / 3n }) },
      ),
    })
    .chain(({ start, length }) =>
      fc
        .tuple(
          attributed,
          fc.record({
            spanId,
            // A root, or the child of a span that may not be there.
            parentSpanId: fc.oneof(fc.constant(""), spanId),
            traceState: text,
            name: text,
            kind: fc.integer({ min: 0, max: 5 }),
            events: fc.array(event(start), { maxLength: 2 }),
            droppedEvents: dropped,
            links: fc.array(link, { maxLength: 2 }),
            droppedLinks: dropped,
            status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
          }),
        )
        .map(([rest, one]) => ({ ...rest, ...one, traceId: of, start, end: start + length })),
    );

const group = (spans: fc.Arbitrary<Span>) =>
  fc.record({
    resource: attributed,
    scopeSpans: fc.array(
      fc.record({
        scope: fc.tuple(attributed, text, text).map(([rest, name, version]) => ({ ...rest, name, version })),
        spans: fc.array(spans, { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  });

/** A trace whose spans begin within the times; its span ids are unique. */
export const arbitraryTrace = (times: TimesOptions): fc.Arbitrary<{ id: string; trace: Trace }> =>
  traceId.chain((id) =>
    fc
      .array(group(span(id, times)), { minLength: 1, maxLength: 2 })
      .map((trace) => ({ id, trace: withUniqueSpans(trace) })),
  );

export const arbitraryTraces = (times: TimesOptions, most: number) =>
  fc.uniqueArray(arbitraryTrace(times), { selector: ({ id }) => id, minLength: 1, maxLength: most });

/** Tempo keeps one span of each id and kind. */
function withUniqueSpans(trace: Trace): Trace {
  const seen = new Set<string>();
  const isNew = ({ spanId: id }: Span): boolean => !seen.has(id) && seen.add(id) !== undefined;
  return trace
    .map(({ resource, scopeSpans }) => ({
      resource,
      scopeSpans: scopeSpans
        .map(({ scope, spans }) => ({ scope, spans: spans.filter(isNew) }))
        .filter(({ spans }) => spans.length > 0),
    }))
    .filter(({ scopeSpans }) => scopeSpans.length > 0);
}
