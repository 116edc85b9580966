/** A little of every kind of sample, as lines of `metrics.json` from two hours before a moment on; and a tenant's rules. */

import { readPoints } from "../../plugins/mimir/restore/points.ts";
import { encodeWriteRequest } from "../../plugins/mimir/restore/remote-write.ts";

/** Every bit of these must come back. */
const SPECIAL = { "1": "stale", "3": "+Inf", "4": "-Inf", "6": "NaN" };
const VALUES = [1.5, null, 0, null, null, 2 ** 53, null, 5e-324, 1 / 3, 0.1 + 0.2];

const EVER = { from: 0n, to: 2n ** 62n };

/** @param now ns. @param histograms whether the server keeps native ones */
export function metricsAt(now: bigint, histograms: boolean): string[] {
  const start = Number(now / 1_000_000n) - 2 * 3_600_000;
  const times = (count: number, step: number) => Array.from({ length: count }, (_, at) => start + at * step);
  const line = (metric: object, more: object) =>
    JSON.stringify({ metric, timestamps: [], values: [], ...more });
  const gauge = (name: string, instance: string) =>
    line(
      { __name__: name, instance, job: 'größe ✓ "x"' },
      { timestamps: times(300, 15_000), values: times(300, 1).map((_, at) => Math.sin(at) * at) },
    );
  const integer = (at: number) => ({
    timestamp: start + at * 15_000,
    type: "integer",
    schema: 3,
    zeroThreshold: 1e-6,
    zeroCount: at,
    count: 3 * at + 6,
    sum: at / 3,
    positive: { spans: [[-2, 2]], deltas: [at + 3, 0] },
  });
  const float = (at: number) => ({
    timestamp: start + at * 15_000,
    type: "float",
    schema: 0,
    zeroCount: 0,
    count: 2.5,
    sum: 7.25,
    positive: { spans: [[0, 1]], counts: [2.5] },
  });
  return [
    line(
      { __name__: "special" },
      { timestamps: times(VALUES.length, 1_000), values: VALUES, special: SPECIAL },
    ),
    // Only their names differ.
    ...["http_requests_total", "http_errors_total"].flatMap((name) =>
      ["a:1", "b:2"].map((one) => gauge(name, one)),
    ),
    ...(histograms
      ? [
          line({ __name__: "latency" }, { histograms: [0, 1, 2, 3].map(integer) }),
          line({ __name__: "sizes" }, { histograms: [0, 1].map(float) }),
        ]
      : []),
  ];
}

/** By namespace. */
export const RULES = {
  "team a / x": `name: slow group
interval: 1m
rules:
  - alert: Hot
    expr: special > 5
    for: 5m
    labels:
      severity: page
`,
};

/** The body of a remote write of one line. */
export const writeOf = (line: string): Uint8Array => encodeWriteRequest([readPoints(line, EVER, {}).series]);
