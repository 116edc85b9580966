/** Single records taken out of the lines of data files, and what several snapshots hold found. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Json } from "../../src/contract/contract.ts";
import { findRepeats, type PlacedBlock } from "../../src/snapshot/catalog/repeats.ts";
import type { Block } from "../../src/snapshot/format/block.ts";
import { keepRecords } from "../../src/snapshot/format/keep-records.ts";
import { recordsOf } from "../../src/snapshot/format/record-keys.ts";

function keysOf(file: string, text: string): string[] {
  const line: Json = JSON.parse(text);
  return [...recordsOf(file, line)].map(({ content }) => content);
}

const name = fc.string({ minLength: 1, maxLength: 4 });
const labels = fc.dictionary(name, name, { maxKeys: 3 });
const time = fc.nat(10_000);
const double = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(-0));

const logs = fc
  .array(
    fc.record({ stream: labels, values: fc.array(fc.tuple(time, fc.string(), labels), { maxLength: 5 }) }),
  )
  .map((streams) => ({
    streams: streams.map(({ stream, values }) => ({
      stream,
      values: values.map(([at, text, metadata]) => [`${at}000000`, text, metadata]),
    })),
  }));
const metrics = fc
  .record({
    metric: labels,
    samples: fc.array(fc.tuple(time, fc.oneof(double, fc.constant(null))), { maxLength: 6 }),
    histograms: fc.array(fc.record({ timestamp: time, sum: double }), { maxLength: 2 }),
  })
  .map(({ metric, samples, histograms }) => ({
    metric,
    timestamps: samples.map(([at]) => at),
    values: samples.map(([, value]) => value),
    special: Object.fromEntries(
      samples.flatMap(([, value], at) => (value === null ? [[at, at % 2 === 0 ? "stale" : "NaN"]] : [])),
    ),
    histograms,
  }));
const traces = fc
  .array(
    fc.array(fc.record({ spanId: name, startTimeUnixNano: time.map((at) => `${at}000000`) }), {
      maxLength: 4,
    }),
  )
  .map((scopes) => ({
    resourceSpans: [{ resource: {}, scopeSpans: scopes.map((spans) => ({ scope: {}, spans })) }],
  }));
const other = fc.record({ anything: fc.string() });

/** As a data file has it: the sign of minus zero stays. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, member) => (Object.is(member, -0) ? "\u0000-0" : member)).replaceAll(
    '"\\u0000-0"',
    "-0",
  );

describe("of a line", () => {
  for (const [file, lines] of [
    ["logs.json", logs],
    ["metrics.json", metrics],
    ["traces.json", traces],
    ["grafana/other.json", other],
  ] as const)
    test(`of ${file} exactly the chosen records stay, in their order and as they were`, () => {
      fc.assert(
        fc.property(lines, fc.infiniteStream(fc.boolean()), (line, choices) => {
          const text = textOf(line);
          const before = keysOf(file, text);
          const chosen = before.map(() => choices.next().value === true);
          let asked = 0;
          const left = keepRecords(file, text, () => chosen[asked++] ?? false);
          expect(asked).toBe(before.length);
          const after = left === undefined ? [] : keysOf(file, left);
          expect(after).toEqual(before.filter((_, at) => chosen[at]));
          if (chosen.every(Boolean)) expect(left).toBe(text);
        }),
      );
    });

  test("samples keep the start of their counter, whichever before them are taken out", () => {
    const line = `{"metric":{},"timestamps":[1,2,3,4],"values":[1,2,-0,4],"starts":[[0,7],[2,9]]}`;
    let at = 0;
    expect(keepRecords("metrics.json", line, () => at++ % 2 === 1)).toBe(
      `{"metric":{},"timestamps":[2,4],"values":[2,4],"starts":[[0,7],[1,9]]}`,
    );
    at = 1;
    expect(keepRecords("metrics.json", line, () => at++ % 2 === 1)).toBe(
      `{"metric":{},"timestamps":[1,3],"values":[1,-0],"starts":[[0,7],[1,9]]}`,
    );
  });
});

describe("of several snapshots", () => {
  /** Each inner list is a snapshot's entries, by their ms; ten entries a block. */
  const blocksOf = (snapshots: readonly (readonly number[])[]) => {
    const texts = new Map<PlacedBlock, string>();
    for (const [link, times] of snapshots.entries()) {
      for (let at = 0; at < times.length; at += 10) {
        const some = times.slice(at, at + 10);
        const values = some.map((ms) => [`${ms}000000`, "line"]);
        const range = {
          from: BigInt(Math.min(...some)) * 1_000_000n,
          to: BigInt(Math.max(...some) + 1) * 1_000_000n,
        };
        const block: Block = {
          ...{ file: `${link}/logs.json`, offset: at, bytes: 1, records: 1, sha256: "" },
          ...{ range, counts: { entries: some.length } },
        };
        texts.set({ link, block }, JSON.stringify({ streams: [{ stream: {}, values }] }));
      }
    }
    return texts;
  };

  const snapshot = fc.uniqueArray(fc.nat(60), { maxLength: 30 }).map((times) => times.sort((a, b) => a - b));

  const atOnce = fc.integer({ min: 1, max: 100 });

  test("each record is left once, in the newest that holds it, however few are compared at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(snapshot, { minLength: 1, maxLength: 4 }),
        atOnce,
        async (snapshots, most) => {
          const texts = blocksOf(snapshots);
          const repeats = await findRepeats({
            file: "logs.json",
            blocks: [...texts.keys()],
            lines: async function* (placed) {
              yield texts.get(placed) ?? "";
            },
            signal: new AbortController().signal,
            atOnce: most,
          });
          const left = [...texts].flatMap(([placed, text]) =>
            keysOf("logs.json", text).flatMap((key, at) =>
              repeats.get(placed)?.has(at) ? [] : [{ key, link: placed.link }],
            ),
          );
          const expected = [...new Set(snapshots.flat())].map((ms) => ({
            key: `{} ${ms}000000 {} line`,
            link: snapshots.findLastIndex((times) => times.includes(ms)),
          }));
          const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
          expect(left.sort(byKey)).toEqual(expected.sort(byKey));
        },
      ),
    );
  });

  test("of a hundred nights with many pieces each, what they share is found at once", async () => {
    const [hour, pieces] = [3_600_000_000_000n, 216];
    const pieceOf = (link: number, at: number): PlacedBlock => {
      // A night of 25 hours, of which the first is the last of the night before; the pieces have gaps between them.
      const from = BigInt(link) * 24n * hour + (BigInt(at) * 25n * hour) / BigInt(pieces);
      const range = { from, to: from + (25n * hour) / BigInt(pieces) - 5_000_000n };
      const place = { file: `${link}/logs.json`, offset: at, bytes: 1, records: 1, sha256: "" };
      return { link, block: { ...place, range, counts: { entries: 1 } } };
    };
    const blocks = Array.from({ length: 100 * pieces }, (_, at) =>
      pieceOf(Math.floor(at / pieces), at % pieces),
    );
    const read = new Set<PlacedBlock>();
    const repeats = await findRepeats({
      file: "logs.json",
      blocks,
      lines: async function* (placed) {
        read.add(placed);
        yield `{"streams":[{"stream":{},"values":[["${placed.block.range?.from}","${placed.link}"]]}]}`;
      },
      signal: new AbortController().signal,
    });
    expect(repeats.size).toBe(0);
    // Of each two nights an hour is shared: some nine pieces of each are looked at, and no others.
    expect(read.size).toBeGreaterThan(99 * 2 * 8);
    expect(read.size).toBeLessThan(99 * 2 * 10);
  }, 10_000);
});
