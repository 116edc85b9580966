/** A little data of every kind, from two minutes before a moment until then. */
const SECOND = 1_000_000_000n;

interface Pushed {
  readonly path: string;
  readonly bodies: unknown[];
}

const TRACES = 40;

/** Traces of one to four spans; every third has its spans in two pushes. */
export function tracesAt(now: bigint): Pushed {
  const spans = Array.from({ length: TRACES }, (_, index) => spansOf(index, now - 60n * SECOND)).flat();
  const resource = (service: string) => ({
    attributes: [
      text("service.name", service),
      text("deployment.environment", "test"),
      { key: "replicas", value: { intValue: "3" } },
    ],
  });
  const body = (part: readonly unknown[], service: string) => ({
    resourceSpans: [
      {
        resource: resource(service),
        scopeSpans: [{ scope: { name: "recorded", version: "1" }, spans: part }],
      },
    ],
  });
  const halves = [spans.filter((_, index) => index % 3 !== 0), spans.filter((_, index) => index % 3 === 0)];
  return { path: "/v1/traces", bodies: halves.map((half, index) => body(half, `shop-${index}`)) };
}

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

function spansOf(index: number, begin: bigint): unknown[] {
  // Leading zeros, which searches leave out.
  const traceId = (index * 7_919 + 1)
    .toString(16)
    .padStart(index % 2 === 0 ? 32 : 31, "0")
    .padStart(32, "a");
  const from = begin + BigInt(index) * SECOND;
  return Array.from({ length: 1 + (index % 4) }, (_, number) => spanOf(traceId, index, number, from));
}

const NAMES = ["GET /orders", "SELECT", "größer ✓"];

function spanOf(traceId: string, index: number, number: number, from: bigint) {
  const id = (one: number): string => (index * 16 + one + 1).toString(16).padStart(16, "0");
  const start = from + BigInt(number) * 1_000_003n;
  return {
    traceId,
    spanId: id(number),
    ...(number === 0 ? {} : { parentSpanId: id(0) }),
    ...(index % 5 === 0 ? { traceState: "a=1" } : {}),
    // The last of four has none.
    ...(number < NAMES.length ? { name: NAMES[number] } : {}),
    kind: 1 + (number % 5),
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 250_000_007n),
    attributes: attributesOf(index),
    ...(index % 4 === 0 ? { droppedAttributesCount: 2 } : {}),
    ...(number === 1
      ? { events: [eventAt(start)], links: [{ traceId, spanId: id(0), attributes: [text("why", "retry")] }] }
      : {}),
    ...(index % 6 === 0 ? { status: { code: 2, message: "it failed" } } : {}),
  };
}

const eventAt = (start: bigint) => ({
  timeUnixNano: String(start + 9n),
  name: "exception",
  attributes: [text("exception.type", "E"), { key: "fatal", value: { boolValue: true } }],
});

const attributesOf = (index: number) => [
  text("http.method", "GET"),
  text("empty", ""),
  { key: "big", value: { intValue: "9007199254740993" } },
  { key: "ratio", value: { doubleValue: index / 7 } },
  { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
  { key: "mixed", value: { arrayValue: { values: [{ intValue: "1" }, { stringValue: "x" }] } } },
  { key: "map", value: { kvlistValue: { values: [text("k", "v")] } } },
  { key: "bytes", value: { bytesValue: "AAEC/w==" } },
];

const LINES = 120;

/** Three streams; some lines have structured metadata, some the same time, some are empty or no ASCII. */
export function logsAt(now: bigint): Pushed {
  const stream = (service: string, step: bigint) => ({
    stream: { service_name: service, env: "test", pod: "a-1" },
    values: Array.from({ length: LINES }, (_, index) => [
      String(now - 110n * SECOND + BigInt(index) * step),
      ...lineOf(index),
    ]),
  });
  const streams = [stream("shop", SECOND / 2n), stream("pay", SECOND / 3n), stream("same", 0n)];
  return { path: "/loki/api/v1/push", bodies: streams.map((one) => ({ streams: [one] })) };
}

function lineOf(index: number): unknown[] {
  const line =
    index % 10 === 0 ? `größer ✓ "${index}"\t\u0000` : `level=info msg="request ${index}" status=200`;
  return index % 4 === 0 ? [line, { trace_id: `t${index}`, empty_no: "x" }] : [line];
}
