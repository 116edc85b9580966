/**
 * Keeps of a second reading only the records that are not held yet. The coordinator compares when a step has answered, because
 * steps know nothing of what is committed.
 */
import type { Counts, Problem } from "../../contract/contract.ts";
import type { Reread } from "../../reconcile/part.ts";
import { addCounts } from "../../snapshot/format/counts.ts";
import { formatOf } from "../../snapshot/format/formats.ts";
import { keepRecords } from "../../snapshot/format/keep-records.ts";
import type { LineRecord } from "../../snapshot/format/line-format.ts";
import { isLoss } from "../../snapshot/format/problem-kind.ts";
import { countsOf, isCountedByRecord } from "../../snapshot/format/record-counts.ts";
import type { CheckedStep } from "../../snapshot/write/check-step.ts";
import type { StepRecords } from "../../snapshot/write/step.ts";
import { given } from "../../units/given.ts";
import { createKeySet, type KeySet } from "../../units/key-set.ts";
import { type Range, span } from "../../units/range.ts";
import { againCursor } from "../ledger/reread-cursor.ts";
import { isReadWhole } from "../whole/whole.ts";
import { eachLineRecord } from "./committed.ts";
import type { Held, HeldVerdict } from "./held.ts";

/** A part that is read a second time, and the records already held. */
interface MergeOptions {
  readonly reread: Reread;
  /** The export's range; records outside it belong to every part. */
  readonly whole: Range;
  /** What the server counts: records that it does not count are not missing. */
  readonly units: readonly string[];
  readonly held: Held;
  readonly hasObject: (path: string) => boolean;
}

/** A step of a second reading, reduced to new records and to the losses that it reports. */
export function mergeStep(options: MergeOptions, step: CheckedStep): CheckedStep {
  const { reread, hasObject } = options;
  const seen = createKeySet();
  const merged = step.records
    .filter((one) => isAskedFor(one, options))
    .map((one) => merge(one, seen, options));
  const records = merged.flatMap((one) => one.records ?? []);
  const objects = reread.of === "window" ? [] : step.objects.filter(({ path }) => !hasObject(path));
  return {
    ...step,
    records,
    files: [],
    objects,
    problems: [...step.problems.filter(isLoss), ...merged.flatMap((one) => one.problems)],
    next: step.next.filter((cursor) => !isReadWhole(cursor)).map((cursor) => againCursor(reread, cursor)),
    notes: {},
    bytes: [...records, ...objects].reduce((sum, one) => sum + one.bytes.length, 0),
  };
}

function isAskedFor({ window, counts }: StepRecords, { reread, units }: MergeOptions): boolean {
  const isOfPart = reread.of === "whole" || (window !== undefined) === (reread.of === "window");
  return isOfPart && units.some((unit) => counts[unit] !== undefined);
}

interface Merged {
  readonly records?: StepRecords;
  readonly problems: readonly Problem[];
}

function merge(one: StepRecords, seen: KeySet, options: MergeOptions): Merged {
  if (options.units.some((unit) => !isCountable(one, unit))) return { problems: [unmerged(one, options)] };
  const sum = createSum(one, options);
  const kept: string[] = [];
  const differing: LineRecord[] = [];
  eachLineRecord(one.file, one.bytes, (line, all) => {
    const records = [...all];
    const verdicts = judge(records, seen, options);
    const isNew = verdicts.map((verdict) => verdict === "new");
    differing.push(...records.filter((_, index) => verdicts[index] === "differs"));
    const isKept = isNew.values();
    const left = keepRecords(one.file, line, () => isKept.next().value === true);
    if (left === undefined) return;
    kept.push(`${left}\n`);
    sum.add(records.filter((_, index) => isNew[index]));
  });
  const problems = contradictions(differing, options.reread);
  if (kept.length === 0) return { problems };
  const { window: _, ...rest } = one;
  const records = { ...rest, bytes: Buffer.from(kept.join("")), lines: kept.length, ...sum.result() };
  return { records: { ...records, ...windowOf(options.reread), reread: true }, problems };
}

/** A record that extends beyond the part, as a trace does, belongs to other parts too. */
function judge(records: readonly LineRecord[], seen: KeySet, options: MergeOptions): readonly HeldVerdict[] {
  const isOwn = records.map((record) => belongs(record, options));
  const verdicts = options.held.judge(
    records.filter((_, index) => isOwn[index]),
    seen,
  );
  const next = verdicts.values();
  return isOwn.map((own) => (own ? (next.next().value ?? "held") : "held"));
}

const windowOf = ({ window }: Reread): { window?: Range } => given({ window });

/** Whether a record belongs to the part that is read, or is outside the export's range. */
function belongs({ time }: LineRecord, { reread, whole }: MergeOptions): boolean {
  if (time === undefined) return true;
  const { from } = time;
  return (from >= reread.from && from < reread.to) || from < whole.from || from >= whole.to;
}

/** Whether the counts of some of the lines can be determined. */
const isCountable = ({ file, counts, lines }: StepRecords, unit: string): boolean =>
  counts[unit] === undefined || isCountedByRecord({ file }, unit) || counts[unit] === lines;

/** Adds up what is kept, in the plugin's own units. */
function createSum({ file, counts, lines, range: told }: StepRecords, { whole, held }: MergeOptions) {
  const units = Object.keys(counts);
  const byRecord = units.filter((unit) => isCountedByRecord({ file }, unit));
  const byLine = units.filter((unit) => !isCountedByRecord({ file }, unit));
  const sum: Record<string, number> = Object.fromEntries(byRecord.map((unit) => [unit, 0]));
  let range: Range | undefined;

  const addRecord = (record: LineRecord): void => {
    const { time } = record;
    const isInRange = time === undefined || (time.from >= whole.from && time.from < whole.to);
    const fitting = isInRange ? byRecord : byRecord.filter((unit) => !unit.endsWith("InRange"));
    addCounts(sum, countsOf(record, fitting));
    if (time !== undefined) range = range === undefined ? time : span(range, time);
  };
  const ofLine = (unit: string, trace: string | undefined): Counts => {
    if (unit === formatOf(file)?.lineUnit && trace !== undefined)
      return { [unit]: held.noteTrace(trace) ? 1 : 0 };
    return counts[unit] === lines ? { [unit]: 1 } : {};
  };
  return {
    /** Enters the records kept from one line. */
    add(records: readonly LineRecord[]): void {
      for (const record of records) addRecord(record);
      for (const unit of byLine) addCounts(sum, ofLine(unit, records[0]?.trace));
    },
    result: (): Pick<StepRecords, "counts" | "range"> => ({ counts: sum, range: range ?? told }),
  };
}

function contradictions(differing: readonly LineRecord[], { from, to }: Range): Problem[] {
  const items = differing.flatMap(({ name }) => name ?? []);
  const reason = "The server returned different values for these the second time; the first ones are kept.";
  return items.length === 0 ? [] : [{ kind: "lossy", reason, range: { from, to }, items }];
}

const unmerged = ({ file }: StepRecords, { reread: { from, to } }: MergeOptions): Problem => ({
  kind: "incomplete",
  reason: `${file} was read a second time, but nothing of that is kept: its lines hold several records each, so it is impossible to tell which are missing. Export that time again.`,
  range: { from, to },
});
