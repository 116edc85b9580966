/** Compares what a snapshot says with what the server holds now. */

import type { Counts, Inventory } from "../contract/contract.ts";
import { isFault } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { OpenBackend } from "../host/open.ts";
import { type CountAnswer, countWindows, unitDifferences } from "../reconcile/count.ts";
import { createCounter } from "../reconcile/in-parts.ts";
import { readWithin } from "../reconcile/read-within.ts";
import { type SavedQuestion, savedQuestions } from "../reconcile/saved.ts";
import type { Uncounted } from "../reconcile/uncounted.ts";
import { fileOf } from "../snapshot/format/block.ts";
import { addCounts, countsIn } from "../snapshot/format/counts.ts";
import type { ManifestPlugin } from "../snapshot/format/manifest.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { backendRecords } from "../snapshot/read/record-source.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import type { Range } from "../units/range.ts";
import { type ComparedObjects, compareObjects, isObjectBlock, type SavedObject } from "./compare-objects.ts";

/**
 * - `expired`: the server has fewer, in a window that its retention has reached.
 * - `missing`: the server has more, as it had when it was saved or could not count then: the manifest says that the snapshot lacks it.
 * - `late`: the server has more than it had then: data that arrived after the export.
 * - `differs`: the server has fewer, and retention does not explain it.
 */
type LiveVerdict = "expired" | "missing" | "late" | "differs";

interface LiveDifference {
  readonly plugin: string;
  readonly range: Range;
  readonly unit: string;
  readonly saved: number;
  readonly server: number;
  readonly verdict: LiveVerdict;
}

/** One backend of a snapshot, counted and compared on its server. */
export interface LiveReport {
  readonly plugin: string;
  /** Windows that the server counted again. */
  readonly counted: number;
  readonly differences: readonly LiveDifference[];
  /** By unit, what the snapshot has in those windows, and what the server counts. */
  readonly totals: { readonly saved: Counts; readonly server: Counts };
  /** Windows that the server should have counted but did not. */
  readonly failed: number;
  /** Why, of the last one. */
  readonly failure?: string;
  /** What of the windows that it did count it could not count. */
  readonly uncounted: readonly Uncounted[];
  /** Dashboards, rules and the like, each compared by its content; absent: there are none, or the backend cannot compare. */
  readonly objects?: ComparedObjects;
  /** Why they could not be compared. */
  readonly objectsFailure?: string;
}

interface LiveOptions {
  readonly now: bigint;
  readonly signal: AbortSignal;
  /** Calls the backend's hooks, retrying temporary failures. */
  readonly limit: Pick<ConcurrencyLimit, "call" | "callPart">;
  /** Where the objects are read; absent: they are not compared. */
  readonly snapshot?: OpenSnapshot;
}

/** Compares one backend of a snapshot: its windows by their counts, its objects by their content. @throws the signal's reason only */
export async function compareLive(
  saved: ManifestPlugin,
  open: OpenBackend,
  options: LiveOptions,
): Promise<LiveReport> {
  try {
    const retention = await retentionOf(open, options);
    const counted = await recounted(saved, open, { ...options, retention });
    return { ...counted, ...(await comparedObjects(saved, open, options)) };
  } catch (error) {
    options.signal.throwIfAborted();
    return notCompared(saved, messageOf(error));
  }
}

/** An inventory that the server fails at says nothing about its counts. @throws PluginError when it is down or refuses */
async function retentionOf(
  { backend }: OpenBackend,
  { limit }: Pick<LiveOptions, "limit">,
): Promise<Inventory["retention"]> {
  try {
    return (await limit.call((inner) => backend.inventory(inner))).retention;
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/** What is said of a backend that nobody could ask: nothing of it is proved, and nothing refuted. @param failure why */
export const notCompared = (saved: ManifestPlugin, failure: string): LiveReport => ({
  plugin: saved.name,
  counted: 0,
  totals: { saved: {}, server: {} },
  differences: [],
  failed: Math.max(1, liveQuestions(saved.windows).length),
  failure,
  uncounted: [],
});

/** Counts every window again that the server could count when it was saved. @throws the signal's reason */
async function recounted(
  saved: ManifestPlugin,
  { backend }: OpenBackend,
  { now, signal, limit, snapshot, retention }: LiveOptions & { readonly retention: Inventory["retention"] },
): Promise<LiveReport> {
  const border = typeof retention === "bigint" ? now - retention : undefined;
  const count = createCounter({ backend, match: saved.match, ...limit });
  const answers = await countWindows(liveQuestions(saved.windows), {
    async ask({ range, counted, wasPartial }) {
      const found = await count(range, wasPartial);
      return found && { ...found, counts: countsIn(Object.keys(counted), found.counts) };
    },
    ...(snapshot === undefined ? {} : { readWithin: readWithin(backendRecords(snapshot, saved.name)) }),
  });
  signal.throwIfAborted();
  const failures = answers.flatMap(({ error }) => (error === undefined ? [] : [error]));
  const failure = failures.at(-1);
  return {
    plugin: saved.name,
    counted: answers.filter(({ server }) => server !== undefined).length,
    totals: totalsOf(answers),
    differences: answers.flatMap((one) => differencesOf(saved.name, one, border)),
    failed: failures.length,
    ...given({ failure }),
    uncounted: answers.flatMap(({ gap }) => gap?.parts ?? []),
  };
}

function totalsOf(answers: readonly CountAnswer<SavedQuestion>[]): LiveReport["totals"] {
  const saved: Record<string, number> = {};
  const server: Record<string, number> = {};
  for (const answer of answers.filter((one) => one.server !== undefined)) {
    const { read, counted } = answer.question;
    for (const unit of Object.keys(counted)) {
      addCounts(saved, { [unit]: read[unit] ?? 0 });
      addCounts(server, { [unit]: read[unit] ?? 0 });
    }
    for (const { unit, more } of unitDifferences(answer)) addCounts(server, { [unit]: more });
  }
  return { saved, server };
}

/** Objects of the snapshot beside those on the server. */
type LiveObjects = Pick<LiveReport, "objects" | "objectsFailure">;

/** Compares every object that is not tied to a time, if the backend can. @throws the signal's reason only */
async function comparedObjects(
  { name }: ManifestPlugin,
  { backend: { restore } }: OpenBackend,
  { snapshot, limit: { call }, signal }: LiveOptions,
): Promise<LiveObjects> {
  const compare = restore?.compare;
  if (compare === undefined || snapshot === undefined) return {};
  try {
    const objects = await compareObjects({
      snapshot,
      objects: objectsOf(snapshot, name),
      compare,
      call,
      signal,
    });
    return { objects };
  } catch (error) {
    signal.throwIfAborted();
    return { objectsFailure: messageOf(error) };
  }
}

async function* objectsOf(snapshot: OpenSnapshot, name: string): AsyncGenerator<SavedObject> {
  for await (const { plugin, block } of snapshot.blocks())
    if (plugin === name && isObjectBlock(block)) yield { file: fileOf(block), block };
}

/**
 * What the export read, beside what the server counted then. A unit that a window does not tell of was compared over another
 * one that covers it, if there is one; otherwise nothing of it was read.
 */
function liveQuestions(windows: ManifestPlugin["windows"]): SavedQuestion[] {
  const questions = savedQuestions(windows);
  return questions.map((question) => {
    const isElsewhere = (unit: string): boolean =>
      questions.some(({ range, read }) => Object.hasOwn(read, unit) && overlaps(range, question.range));
    const read = Object.entries(question.counted).map(
      ([unit, counted]) => [unit, question.read[unit] ?? (isElsewhere(unit) ? counted : 0)] as const,
    );
    return { ...question, read: { ...question.read, ...Object.fromEntries(read) } };
  });
}

const overlaps = (a: Range, b: Range): boolean => a.from < b.to && b.from < a.to;

function differencesOf(
  plugin: string,
  answer: CountAnswer<SavedQuestion>,
  border: bigint | undefined,
): LiveDifference[] {
  const { range, read, counted, wasPartial } = answer.question;
  const isLeaving = border !== undefined && range.from < border;
  return unitDifferences(answer).flatMap(({ unit, more }): LiveDifference[] => {
    const saved = read[unit] ?? 0;
    const one = { plugin, range, unit };
    if (more < 0)
      return [{ ...one, saved, server: saved + more, verdict: isLeaving ? "expired" : "differs" }];
    // What could not be counted at the export is not known to have come later.
    const then = wasPartial ? saved + more : (counted[unit] ?? 0);
    const before = saved + Math.min(more, Math.max(0, then - saved));
    const parts: LiveDifference[] = [
      { ...one, saved, server: before, verdict: "missing" },
      { ...one, saved: before, server: saved + more, verdict: "late" },
    ];
    return parts.filter((part) => part.server > part.saved);
  });
}
