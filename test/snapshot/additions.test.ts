/** What second readings added is given out once, and each series in the order of time. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Block, byBlockTime } from "../../src/snapshot/format/block.ts";
import { linesOf } from "../../src/snapshot/format/lines.ts";
import { createAdditions } from "../../src/snapshot/read/additions.ts";

const MS = 1_000_000n;

/** A block of samples of two series, at these ms; an odd ms is of the second series. */
const blockOf = (offset: number, times: readonly number[], more: Partial<Block>): [Block, Buffer] => {
  const series = [0, 1].map((one) => ({ one, own: times.filter((ms) => ms % 2 === one) }));
  const lines = series.flatMap(({ one, own }) =>
    own.length === 0
      ? []
      : [`${JSON.stringify({ metric: { one: `${one}` }, timestamps: own, values: own.map(() => 1) })}\n`],
  );
  const range = { from: BigInt(Math.min(...times)) * MS, to: BigInt(Math.max(...times) + 1) * MS };
  const block = { ...{ file: "metrics.json", offset, bytes: 1, records: 1, sha256: "" }, range, counts: {} };
  return [{ ...block, ...more }, Buffer.from(lines.join(""))];
};

async function givenOut(texts: ReadonlyMap<Block, Buffer>): Promise<number[][]> {
  const additions = createAdditions([...texts.keys()], async (block) => texts.get(block));
  const given: number[][] = [[], []];
  for (const block of [...texts.keys()].sort(byBlockTime)) {
    const { bytes } = await additions.joined(block, texts.get(block) ?? Buffer.alloc(0));
    for (const line of linesOf(bytes)) {
      const { metric, timestamps } = JSON.parse(Buffer.from(line).toString());
      given[Number(metric.one)]?.push(...timestamps);
    }
  }
  return given;
}

test("what ends before the block of its window begins is given out once", async () => {
  const window = { from: 20n * MS, to: 30n * MS };
  const texts = new Map([
    blockOf(0, [26, 28], { window }),
    blockOf(1, [20, 22, 24], { window, reread: true }),
  ]);
  expect(await givenOut(texts)).toEqual([[20, 22, 24, 26, 28], []]);
});

test("of a series with two lines in a block each gets what belongs into it", async () => {
  const [base, one] = blockOf(0, [10, 14], {});
  const [, other] = blockOf(0, [20, 24], {});
  const range = { from: 10n * MS, to: 25n * MS };
  const texts = new Map([
    [{ ...base, range }, Buffer.concat([one, other])],
    blockOf(1, [12, 16, 22, 30], { reread: true }),
  ]);
  expect(await givenOut(texts)).toEqual([[10, 12, 14, 16, 20, 22, 24, 30], []]);
});

test("a damaged block's turn is over all the same", async () => {
  const [base, text] = blockOf(0, [10, 20], {});
  const [added] = blockOf(1, [12, 14], { reread: true });
  const additions = createAdditions([base, added], async () => text);
  additions.pass(added);
  expect((await additions.joined(base, text)).taken).toEqual([]);
});

test("each sample is given out once and in order, whatever was added where", async () => {
  const times = fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 60 });
  const places = fc.infiniteStream(fc.nat(3));
  await fc.assert(
    fc.asyncProperty(times, places, async (all, place) => {
      const sorted = all.sort((a, b) => a - b);
      const held = Map.groupBy(sorted, (ms) => {
        const which = place.next().value ?? 0;
        // What was read first is in windows of 50; what was added, in two readings, is of other borders.
        return which < 2 ? `${Math.floor(ms / 50)}` : `added ${which} ${Math.floor((ms + 9 * which) / 70)}`;
      });
      const texts = new Map(
        [...held].map(([name, own], at) =>
          blockOf(at, own, name.startsWith("added") ? { reread: true } : {}),
        ),
      );
      const expected = [0, 1].map((one) => sorted.filter((ms) => ms % 2 === one));
      expect(await givenOut(texts)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
