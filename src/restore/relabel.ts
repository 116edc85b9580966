/**
 * What `--label` would do to labels that are there already, counted from the snapshot before anything is written: values that
 * it replaces, and streams or series that become one by it. Memory holds a hash for each set of labels, and for each record of
 * those that become one, the latter in several passes.
 */
import type { LineMatcher } from "../contract/contract.ts";
import { formatOf } from "../snapshot/format/formats.ts";
import type { Labelled, LabelSet, LineFormat, LineRecord } from "../snapshot/format/line-format.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import type { Json, JsonObject } from "../units/json.ts";
import { createKeySet, type KeySet } from "../units/key-set.ts";
import { fromMs, NS_PER_MS, type Range } from "../units/range.ts";
import { countedUnit } from "../units/unit-text.ts";
import { listed } from "../units/words.ts";
import { inBatches } from "./chosen.ts";
import { matchLines } from "./matching.ts";
import type { PlannedFile } from "./select.ts";

/** What would become of the labels in one data file. */
interface Relabelled {
  /** What has them: `streams`. */
  readonly of: string;
  /** What their records are called: `entries`. */
  readonly unit: string;
  /** The labels whose values would be replaced. */
  readonly names: readonly string[];
  readonly replaced: Amount;
  readonly all: Amount;
  /** How many different sets of labels would be left; absent if labels do not identify these records. */
  readonly left?: number;
  /** Records that would become identical with another one. */
  readonly alike: number;
}

interface Amount {
  /** Different sets of labels. */
  readonly sets: number;
  readonly records: number;
}

/** What would be written, and with which labels. */
export interface Labelling {
  readonly snapshot: OpenSnapshot;
  readonly labels: Readonly<Record<string, string>>;
  readonly range: Range;
  readonly matcher?: LineMatcher | undefined;
  readonly signal: AbortSignal;
  /** About how many records to compare at once; default {@link AT_ONCE}. */
  readonly atOnce?: number;
}

/** Two hashes of a record: some 50 bytes. */
const AT_ONCE = 500_000;

/** One for each file in which a label would be replaced, or streams or series would become one. @throws SnapshotError */
export async function findRelabelled(
  files: readonly PlannedFile[],
  labelling: Labelling,
): Promise<Relabelled[]> {
  const found: Relabelled[] = [];
  for (const file of files) {
    const format = formatOf(file.file);
    if (format?.labelled === undefined || !(await namesOneOf(file, labelling))) continue;
    const one = await survey({ ...labelling, file, format, labelled: format.labelled });
    if (one.names.length > 0 || (one.left ?? one.all.sets) < one.all.sets) found.push(one);
  }
  return found;
}

/** Quick, and nearly always all that is to be done: a new label's name is nowhere in the data. */
async function namesOneOf(
  { blocks }: PlannedFile,
  { snapshot, labels, signal }: Labelling,
): Promise<boolean> {
  const names = Object.keys(labels).map((name) => JSON.stringify(name));
  for (const block of names.length === 0 ? [] : blocks) {
    signal.throwIfAborted();
    const { buffer, byteOffset, byteLength } = await snapshot.read(block);
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    if (names.some((name) => bytes.includes(name))) return true;
  }
  return false;
}

/** What it would do, for people: `2 of 40 streams (12 of 90 entries) have another job, which --label would replace; …`. */
export function relabelText({ of, unit, names, replaced, all, left = all.sets, alike }: Relabelled): string {
  const part = (some: number, total: number, name: string): string =>
    `${some.toLocaleString("en")} of ${countedUnit(total, name)}`;
  const [sets, records] = [part(replaced.sets, all.sets, of), part(replaced.records, all.records, unit)];
  const others = `${sets} (${records}) have another ${listed(names)}, which --label would replace`;
  const fewer = `${countedUnit(all.sets, of)} would become ${left.toLocaleString("en")}`;
  const equal = `${countedUnit(alike, unit)} would fall together with others, of which a server keeps one`;
  return [
    ...(names.length > 0 ? [others] : []),
    ...(left < all.sets ? [fewer] : []),
    ...(alike > 0 ? [equal] : []),
  ].join("; ");
}

interface FileLabelling extends Labelling {
  readonly file: PlannedFile;
  readonly format: LineFormat;
  readonly labelled: Labelled;
}

async function survey(one: FileLabelling): Promise<Relabelled> {
  const { unit: of, isIdentity } = one.labelled;
  const [before, after, joined] = [createKeySet(), createKeySet(), createKeySet()];
  const names = new Set<string>();
  const [replaced, all] = [
    { sets: 0, records: 0 },
    { sets: 0, records: 0 },
  ];
  for await (const { key, newKey, changes, records } of changesIn(one)) {
    const isNew = before.add(key);
    if (isNew && !after.add(newKey)) joined.add(newKey);
    for (const name of changes) names.add(name);
    for (const amount of changes.length > 0 ? [replaced, all] : [all]) {
      amount.sets += isNew ? 1 : 0;
      amount.records += records.length;
    }
  }
  return {
    ...{ of, unit: one.format.unit ?? "lines", names: [...names], replaced, all },
    ...(isIdentity ? { left: after.size } : {}),
    alike: isIdentity && joined.size > 0 ? await countAlike(one, joined) : 0,
  };
}

/** A stream, series or resource in a line, and what it would become. */
interface Change {
  readonly set: LabelSet;
  readonly newLabels: JsonObject;
  /** Its labels as one text, before and after. */
  readonly key: string;
  readonly newKey: string;
  /** The labels whose values would be replaced. */
  readonly changes: readonly string[];
  /** Indexes of those that would be written. */
  readonly records: readonly number[];
}

async function* changesIn(one: FileLabelling): AsyncGenerator<Change> {
  const { labelled, labels, format } = one;
  const value = labelled.value ?? ((text: string): Json => text);
  const added = Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, value(text)]));
  for await (const { line, range } of linesOf(one)) {
    const sets = Array.from(labelled.sets(line), (set) => ({ set, records: [...set.records(set.labels)] }));
    const isWhole = format.lineUnit !== undefined && sets.some(({ records }) => records.some(isIn(range)));
    for (const { set, records } of sets) {
      const kept = records.flatMap((record, index) => (isWhole || isIn(range)(record) ? [index] : []));
      if (kept.length === 0) continue;
      const newLabels = { ...set.labels, ...added };
      const [key, newKey] = [canonicalJson(set.labels), canonicalJson(newLabels)];
      const changes = Object.keys(added).filter((name) => isReplaced(set.labels, newLabels, name));
      yield { set, newLabels, key, newKey, changes, records: kept };
    }
  }
}

const isReplaced = (labels: JsonObject, newLabels: JsonObject, name: string): boolean =>
  Object.hasOwn(labels, name) && canonicalJson(labels[name]) !== canonicalJson(newLabels[name]);

/** The lines to be written, each with the range that its records must lie in; absent: all of them are written. */
async function* linesOf({ file, snapshot, matcher, range, signal }: FileLabelling) {
  for (const block of file.blocks) {
    signal.throwIfAborted();
    const held = block.range ?? range;
    const inside = held.from >= range.from && held.to <= range.to ? {} : { range };
    for await (const lines of inBatches(snapshot.lines(block))) {
      const kept = matcher === undefined ? lines : await matchLines(matcher, lines, file.file, signal);
      for (const text of kept)
        if (text !== undefined) yield { line: JSON.parse(text) as JsonObject, ...inside };
    }
  }
}

/** Whether a record is to be counted. Records without units, such as packed chunks, are not. */
const isIn =
  (range: Range | undefined) =>
  ({ time, timeMs, units }: LineRecord): boolean => {
    if (units.length === 0) return false;
    if (range === undefined) return true;
    const { from, to } = time ?? { from: fromMs(timeMs), to: fromMs(timeMs) + NS_PER_MS };
    return from < range.to && to > range.from;
  };

/**
 * Counts records that become identical, in as many passes as memory requires.
 * @param joined the new labels that several sets would have
 */
async function countAlike(one: FileLabelling, joined: KeySet): Promise<number> {
  let among = 0;
  for await (const { newKey, records } of changesIn(one)) among += joined.has(newKey) ? records.length : 0;
  const parts = Math.ceil(among / (one.atOnce ?? AT_ONCE));
  let alike = 0;
  for (let part = 0; part < parts; part += 1) {
    const isOfPart = (identity: string): boolean =>
      parts === 1 || BigInt(Bun.hash(identity, 3n)) % BigInt(parts) === BigInt(part);
    alike += await countAlikeIn(one, joined, isOfPart);
  }
  return alike;
}

async function countAlikeIn(
  one: FileLabelling,
  joined: KeySet,
  isOfPart: (identity: string) => boolean,
): Promise<number> {
  const [before, after] = [createKeySet(), createKeySet()];
  for await (const { set, newLabels, newKey, records } of changesIn(one)) {
    if (!joined.has(newKey)) continue;
    const [olds, news] = [[...set.records(set.labels)], [...set.records(newLabels)]];
    for (const index of records) {
      const identity = news[index]?.identity ?? "";
      if (!isOfPart(identity)) continue;
      after.add(identity);
      before.add(olds[index]?.identity ?? "");
    }
  }
  return before.size - after.size;
}
