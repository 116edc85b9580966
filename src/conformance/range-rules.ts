/** A range means the same to what is exported, counted and restored. */
import type { Backend } from "../contract/contract.ts";
import { formatOf, isStateFile } from "../snapshot/format/formats.ts";
import { recordsOf } from "../snapshot/format/record-keys.ts";
import { NS_PER_MS, NS_PER_SECOND, type Range, span, toRfc3339 } from "../units/range.ts";
import { NEVER } from "../units/time-limit.ts";
import { type Check, require } from "./check.ts";
import { requireSameCounts } from "./compare.ts";
import { recordsIn, requireAmong } from "./records.ts";
import { only, requireNoMore, requireUnlike, restoreAll, whyNoRestore } from "./restore-rules.ts";
import type { Subject } from "./subject.ts";
import type { Harvest, WalkedBlock } from "./walk.ts";

/** For backends whose data has times. */
export const rangeRules: readonly Check<Subject>[] = [
  {
    name: "export-within-range",
    why: "an export has what lies in the range that was asked for, and the next one continues where it ends",
    waived: whyNoPart,
    async run(subject) {
      const range = await partOf(subject);
      const part = await subject.walk({ request: { range } });
      requireAmong(
        recordsIn(part),
        recordsIn(await subject.harvest()),
        `only in an export of ${shown(range)}`,
      );
      for (const block of part.blocks) requireInside(block, range);
    },
  },
  {
    name: "count-within-range",
    why: "windows are counted one by one, and one that counts more than it has is read again for nothing",
    waived: async (subject) =>
      (await subject.backend()).count === undefined ? "it has no `count`" : whyNoPart(subject),
    async run(subject) {
      const asked = await partOf(subject);
      const { counts, exportedUntil = asked.to } = await subject.walk({ request: { range: asked } });
      const range = { ...asked, to: exportedUntil < asked.to ? exportedUntil : asked.to };
      const own = (await (await subject.backend()).count?.({ range }, NEVER)) ?? {};
      const known = Object.keys((await subject.harvest()).counts).filter((unit) => unit in own);
      const read = Object.fromEntries(known.map((unit) => [unit, counts[unit] ?? 0]));
      requireSameCounts(read, own, `by \`count\` of ${shown(range)}`);
    },
  },
  {
    name: "restore-within-range",
    why: "`restore --from --to` writes what lies in that range, and nothing else: the batch says which in `range`",
    waived: async (subject) => (await whyNoRestore(subject)) ?? whyNoPart(subject),
    async run(subject) {
      const { restorable = () => true, empty } = subject.target;
      const target = await subject.backend(empty);
      const clean = only(await subject.harvest(), restorable);
      await requireUnlike(subject, target, clean);
      // The older half comes first: many servers refuse data that is much older than their newest.
      for (const range of await halvesOf(subject)) {
        const before = await heldIn(target, subject).catch(() => new Set<string>());
        const blocks = clean.blocks.filter((block) => overlaps(block, range));
        const told = await restoreAll(target, { ...clean, blocks }, range);
        await target.flush?.(NEVER);
        const after = await heldIn(target, subject);
        const meant = await subject.walk({ request: { range } });
        const records = recordsIn(only(meant, restorable));
        requireAmong(after.difference(before), records, `written outside of ${shown(range)}`);
        requireAmong(records, after, `not written within ${shown(range)}`);
        requireNoMore(told, meant, `lie in ${shown(range)}`);
      }
    },
  },
];

async function whyNoPart(subject: Subject): Promise<string | undefined> {
  const { blocks } = await subject.harvest();
  return blocks.every(({ file }) => isStateFile(file)) ? "it exports no records with a time" : undefined;
}

/** The records that the server holds now. @throws what an export throws, which may happen while the server is empty */
const heldIn = async (target: Backend, subject: Subject): Promise<ReadonlySet<string>> => {
  const { restorable = () => true } = subject.target;
  return recordsIn(only(await subject.walk({ backend: async () => target }), restorable));
};

/** The middle half of the time that the records cover. */
async function partOf(subject: Subject): Promise<Range> {
  const { from, to } = extentOf(await subject.harvest());
  const at = (quarters: bigint): bigint => even(from + ((to - from) * quarters) / 4n, to - from);
  return { from: at(1n), to: at(3n) };
}

/** The exported range in two parts, cut in the middle of the time that the records cover. */
async function halvesOf(subject: Subject): Promise<readonly Range[]> {
  const { from, to } = extentOf(await subject.harvest());
  const middle = even(from + (to - from) / 2n, to - from);
  const whole = span({ from, to }, await subject.range());
  return [
    { from: whole.from, to: middle },
    { from: middle, to: whole.to },
  ];
}

/** Rounds a time down to a second or a millisecond, if the range is long enough: many servers keep no finer times. */
function even(time: bigint, length: bigint): bigint {
  const unit = [NS_PER_SECOND, NS_PER_MS].find((one) => length >= 10n * one) ?? 1n;
  return time - (time % unit);
}

const extentOf = ({ blocks }: Harvest): Range => blocks.map(({ from, to }) => ({ from, to })).reduce(span);

const overlaps = (block: Range, { from, to }: Range): boolean => block.from < to && block.to > from;

/**
 * A record that is kept whole although it reaches beyond the range, such as a trace, counts its part within as a unit of its
 * own.
 */
const isKeptWhole = ({ counts }: WalkedBlock): boolean =>
  Object.keys(counts).some((unit) => unit.endsWith("InRange"));

function requireInside(block: WalkedBlock, range: Range): void {
  if (isKeptWhole(block)) return;
  for (const time of timesIn(block))
    require(time.from >= range.from &&
      time.to <=
        range.to, `${block.file} has a record of ${toRfc3339(time.from)}, outside of ${shown(range)}`);
}

/** The times of its records where the format says them; otherwise the one that the block claims. */
function* timesIn({ file, lines, from, to }: WalkedBlock): Generator<Range> {
  if (formatOf(file)?.records === undefined) return yield { from, to };
  for (const line of lines)
    for (const { time, units } of recordsOf(file, JSON.parse(line)))
      if (time !== undefined && units.length > 0) yield time;
}

const shown = ({ from, to }: Range): string => `${toRfc3339(from)} to ${toRfc3339(to)}`;
