/** Protobuf to a line of OTLP/JSON: every field, exactly, and always the same line. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { scanTrace } from "../../../plugins/tempo/otlp/scan.ts";
import { TextBuffer } from "../../../plugins/tempo/otlp/text-buffer.ts";
import { writeTrace } from "../../../plugins/tempo/otlp/trace.ts";
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";
import { toProtobuf } from "../../lab/tempo/encode.ts";
import type { ResourceSpans, Trace } from "../../lab/tempo/model.ts";
import { arbitraryTrace } from "./arbitrary.ts";
import { otlpJson } from "./otlp-json.ts";
import { flattened, NOW, span, traceOf } from "./support.ts";

function lineOf(...parts: Uint8Array[]): string {
  const out = new TextBuffer(16);
  writeTrace(scanTrace(parts), out);
  return Buffer.from(out.view()).toString();
}

const times = { from: NOW, to: NOW + 3_600_000_000_000n };

test("any trace becomes one line that says the same", () => {
  fc.assert(
    fc.property(arbitraryTrace(times), ({ trace }) => {
      const line = lineOf(toProtobuf(trace));
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(flattened(JSON.parse(line))).toEqual(flattened(otlpJson(trace)));
    }),
    { numRuns: 100 },
  );
});

test("the order in which a server gives resources, scopes, spans and attributes does not matter", () => {
  const reversed = (trace: Trace): Trace =>
    trace.toReversed().map(({ resource, scopeSpans }) => ({
      resource: { ...resource, attributes: resource.attributes.toReversed() },
      scopeSpans: scopeSpans.toReversed().map(({ scope, spans }) => ({
        scope: { ...scope, attributes: scope.attributes.toReversed() },
        spans: spans.toReversed().map((one) => ({
          ...one,
          attributes: one.attributes.toReversed(),
          events: one.events.toReversed(),
          links: one.links.toReversed(),
        })),
      })),
    }));
  fc.assert(
    fc.property(arbitraryTrace(times), ({ trace }) => {
      expect(lineOf(toProtobuf(reversed(trace)))).toBe(lineOf(toProtobuf(trace)));
    }),
    { numRuns: 60 },
  );
});

test("parts of a trace from several places become one, each span once, equal resources one", () => {
  fc.assert(
    fc.property(arbitraryTrace(times), fc.boolean(), ({ trace }, overlap) => {
      const all = trace.flatMap(({ resource, scopeSpans }) =>
        scopeSpans.flatMap(({ scope, spans }) =>
          spans.map((one): ResourceSpans => ({ resource, scopeSpans: [{ scope, spans: [one] }] })),
        ),
      );
      const middle = Math.ceil(all.length / 2);
      const parts = [all.slice(0, middle), all.slice(overlap ? Math.max(0, middle - 1) : middle)];
      expect(lineOf(...parts.map(toProtobuf))).toBe(lineOf(toProtobuf(trace)));
    }),
    { numRuns: 60 },
  );
});

test("a line, as it is written", () => {
  const from = 1_800_000_000_123_456_789n;
  const root = span("beef", "1", from, {
    name: "checkout \u0001",
    kind: 2,
    attributes: [
      { key: "z", value: { kind: "double", value: -0 } },
      { key: "b", value: { kind: "int", value: -(2n ** 63n) } },
      { key: "a", value: { kind: "bytes", value: new Uint8Array([0, 255]) } },
    ],
    status: { code: 2, message: "no" },
  });
  expect(lineOf(toProtobuf(traceOf("shop", [root])))).toBe(
    `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"test"},"spans":[{"traceId":"0000000000000000000000000000beef","spanId":"0000000000000001","name":"checkout \\u0001","kind":2,"startTimeUnixNano":"1800000000123456789","endTimeUnixNano":"1800000000128456789","attributes":[{"key":"a","value":{"bytesValue":"AP8="}},{"key":"b","value":{"intValue":"-9223372036854775808"}},{"key":"z","value":{"doubleValue":-0}}],"status":{"message":"no","code":2}}]}]}]}\n`,
  );
});

test("what Tempo drops but another server may keep is kept: flags, schema URLs", () => {
  const bytes = new ProtobufWriter()
    .message(1, (resourceSpans) =>
      resourceSpans
        .message(2, (scopeSpans) =>
          scopeSpans
            .message(2, (one) =>
              one
                .blob(1, new Uint8Array(16).fill(1))
                .blob(2, new Uint8Array(8).fill(2))
                .fixed64(7, 5n)
                .message(13, (link) => link.blob(1, new Uint8Array(16).fill(3)).fixed32(6, 769))
                .fixed32(16, 257),
            )
            .string(3, "https://schema/scope"),
        )
        .string(3, "https://schema/resource"),
    )
    .finish();
  expect(JSON.parse(lineOf(bytes))).toEqual({
    resourceSpans: [
      {
        resource: {},
        schemaUrl: "https://schema/resource",
        scopeSpans: [
          {
            scope: {},
            schemaUrl: "https://schema/scope",
            spans: [
              {
                traceId: "01".repeat(16),
                spanId: "02".repeat(8),
                flags: 257,
                startTimeUnixNano: "5",
                links: [{ traceId: "03".repeat(16), flags: 769 }],
              },
            ],
          },
        ],
      },
    ],
  });
});

test("text that is not UTF-8 is repaired and counted, wherever it stands", () => {
  const bad = new Uint8Array([0x61, 0xff, 0x22]);
  const attribute = (writer: ProtobufWriter) =>
    writer.string(1, "k").message(2, (value) => value.blob(1, bad));
  const bytes = new ProtobufWriter()
    .message(1, (resourceSpans) =>
      resourceSpans
        .message(1, (resource) => resource.message(1, attribute))
        .message(2, (scopeSpans) => scopeSpans.message(2, (one) => one.fixed64(7, 1n).message(9, attribute))),
    )
    .finish();
  const out = new TextBuffer();
  const trace = scanTrace([bytes]);
  writeTrace(trace, out);
  expect(JSON.parse(Buffer.from(out.view()).toString()).resourceSpans[0].resource.attributes).toEqual([
    { key: "k", value: { stringValue: 'a\ufffd"' } },
  ]);
  expect(trace.repaired + out.repaired).toBe(2);
});

test("any truncation of the bytes is an error, never half a trace", () => {
  const bytes = toProtobuf(traceOf("shop", [span("1", "1", NOW), span("1", "2", NOW + 1n)]));
  for (let length = 1; length < bytes.length; length++) {
    expect(() => lineOf(bytes.slice(0, length))).toThrow(RangeError);
  }
});

test("64-bit integers are exact", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (moment) => {
      const line = lineOf(toProtobuf(traceOf("s", [span("1", "1", moment, { end: 0n })])));
      const expected = moment === 0n ? undefined : String(moment);
      expect(JSON.parse(line).resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano).toBe(expected);
    }),
    { numRuns: 300 },
  );
});
