/** Random traces, pushed through OTLP, come out of an export equal and each exactly once, whatever the windows and the order. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { random } from "../../lab/random.ts";
import { toProtobuf } from "../../lab/tempo/encode.ts";
import { arbitraryTraces } from "./arbitrary.ts";
import { otlpJson } from "./otlp-json.ts";
import { documents, flattened, HOUR, harvest, MINUTE, NOW, SECOND, stage } from "./support.ts";

const RANGE = { from: NOW - 3n * HOUR, to: NOW - 2n * MINUTE };

const push = (otlpUrl: string, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(`${otlpUrl}/v1/traces`, { method: "POST", headers: { "content-type": type }, body });

test("pushed traces are exported as they are", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryTraces({ from: RANGE.from, to: RANGE.to - 1n }, 8),
      fc.record({
        json: fc.boolean(),
        seed: fc.integer(),
        maxResultLimit: fc.constantFrom(6, 100, 262_144),
        stepBytes: fc.constantFrom(1, 3_000, 8 << 20),
        cut: fc.bigInt({ min: 0n, max: RANGE.to - RANGE.from }),
      }),
      async (traces, { json, seed, cut, ...limits }) => {
        await using here = stage({
          limits: { maxResultLimit: limits.maxResultLimit },
          stepBytes: limits.stepBytes,
        });
        for (const { trace } of traces) {
          const answer = json
            ? await push(here.otlpUrl, "application/json", JSON.stringify(otlpJson(trace), withMinusZero))
            : await push(here.otlpUrl, "application/x-protobuf", toProtobuf(trace).slice());
          expect(answer.status).toBe(200);
        }
        const expected = traces.map(({ trace }) => flattened(otlpJson(trace)).join("\n")).sort();
        const next = random(seed);
        const found = await harvest(here.backend, { range: RANGE }, (waiting) =>
          Math.floor(next() * waiting),
        );
        expect(found.problems).toEqual([]);
        expect(
          documents(found)
            .map((line) => flattened(line).join("\n"))
            .sort(),
        ).toEqual(expected);

        // Two exports side by side hold every trace that has a span in their range.
        const middle = RANGE.from + cut;
        const early = await harvest(here.backend, { range: { from: RANGE.from, to: middle } });
        const late = await harvest(here.backend, { range: { from: middle, to: RANGE.to } });
        const both = new Set(
          [...documents(early), ...documents(late)].map((line) => flattened(line).join("\n")),
        );
        expect([...both].sort()).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
}, 30_000);

/** JSON has no way to write -0 that `JSON.stringify` uses; proto JSON takes numbers as strings too. */
function withMinusZero(_: string, value: unknown): unknown {
  return Object.is(value, -0) ? "-0" : value;
}

test("a trace that reaches over hours, where a search lists two traces at most", async () => {
  await using here = stage({ limits: { maxResultLimit: 2 } });
  const [one] = fc.sample(arbitraryTraces({ from: RANGE.from, to: RANGE.to - SECOND }, 1), 1)[0] ?? [];
  if (one === undefined) throw new Error("fast-check gave no trace");
  await push(here.otlpUrl, "application/x-protobuf", toProtobuf(one.trace).slice());
  const found = await harvest(here.backend, { range: RANGE });
  expect(documents(found).map(flattened)).toEqual([flattened(otlpJson(one.trace))]);
}, 30_000);
