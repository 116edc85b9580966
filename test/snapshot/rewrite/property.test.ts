/** Whatever is in a snapshot: what is found is gone afterwards, and the rest is what it was. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Step } from "contextcore";
import fc from "fast-check";
import { FIRST, fakeBackend, fakeRange, SECOND } from "../../export/fake-backend.ts";
import { runExport, scratch } from "../../export/run.ts";
import { differences, everything, rewritten } from "./rewriting.ts";

setDefaultTimeout(60_000);

const ID = "alice-4711";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom(ID, `${ID}2`, `"${ID}"`, `by\n${ID}\t`, `\\${ID}`),
);
const entry = fc.record({
  stream: fc.constantFrom("a", "b", ID),
  text,
  more: fc.dictionary(text, text, { maxKeys: 2 }),
});

type Entry = typeof entry extends fc.Arbitrary<infer One> ? One : never;

/** Each entry a second after the one before, some of them a step. */
function exporting(entries: readonly Entry[], perStep: number) {
  const steps = Array.from({ length: Math.ceil(entries.length / perStep) }, (_, at) => ({ at }));
  const step = async ({ at }: { readonly at?: unknown }): Promise<Step> => {
    const first = Number(at) * perStep;
    const some = entries.slice(first, first + perStep);
    const lines = some.map(({ stream, text: line, more }, index) => {
      const time = `${FIRST + BigInt(first + index) * SECOND}`;
      return `${JSON.stringify({ streams: [{ stream: { stream }, values: [[time, line, more]] }] })}\n`;
    });
    const from = FIRST + BigInt(first) * SECOND;
    const to = from + BigInt(some.length) * SECOND;
    const counts = { entries: some.length };
    return { records: [{ file: "logs.json", text: lines.join(""), lines: lines.length, from, to, counts }] };
  };
  return fakeBackend({
    entries: entries.length,
    streams: 1,
    hooks: { export: { start: async () => ({ cursors: steps }), step } },
  });
}

test("find after erase finds nothing, and every other record is there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (entries, perStep, isCompressed) => {
        using directory = scratch();
        const open = exporting(entries, perStep);
        const { path: before } = await runExport(directory.path, [], {
          backends: [{ open, request: { range: fakeRange(entries.length) } }],
          ...(isCompressed ? { compression: "zstd" as const, fileBytesMax: 400 } : {}),
        });
        const gone = entries.filter((one) => JSON.stringify(one).includes(ID)).length;
        const placed = await rewritten(before, { isGone: (_, { content }) => content.includes(ID) });
        expect(placed === undefined).toBe(gone === 0);
        if (placed === undefined) return;
        expect(await differences(before, placed.path)).toEqual({
          "logs.json": [gone, 0, entries.length - gone],
        });
        expect(everything(placed.path)).not.toContain(ID);
        expect(placed.removed.counts).toEqual({ entries: gone });
      },
    ),
    { numRuns: 40 },
  );
});
