/** Runs an export to its end without the engine: cursors in any order, and any backend for each step. */

import type {
  Backend,
  ByteRecords,
  Counts,
  Cursor,
  ExportRequest,
  Problem,
  Records,
  Step,
} from "../contract/contract.ts";
import { cursorNotBefore } from "../contract/cursor-range.ts";
import { isKind } from "../contract/errors.ts";
import { createOnce } from "../engine/once.ts";
import { checkSplit } from "../snapshot/write/check-cursors.ts";
import { checkStart, checkStep } from "../snapshot/write/check-step.ts";
import { given } from "../units/given.ts";
import { fromMs, toMs } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import { NEVER } from "../units/time-limit.ts";
import { Nonconformance, require } from "./check.ts";

/** What to export, and how unkindly to run its steps. */
export interface WalkOptions {
  readonly plugin: string;
  readonly request: ExportRequest;
  /** Called before every step; may return the same backend each time or a fresh one. */
  readonly backend: () => Backend | Promise<Backend>;
  /** Chooses which waiting cursor runs next. */
  readonly pick?: (waiting: number) => number;
  /** Passes every cursor through JSON, as a checkpoint does. */
  readonly throughJson?: boolean;
  /** Runs every step twice and keeps the second result. */
  readonly twice?: boolean;
  /** Runs every cursor that can be split as its parts. */
  readonly split?: boolean;
  /** How often to retry a step that fails as `temporary`. */
  readonly retries?: number;
  readonly stepsMax: number;
  readonly signal?: AbortSignal;
}

/** What an export yielded, in a comparable form. */
export interface Harvest {
  /** Lines by data file, sorted. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** Complete files of bytes, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Those of the files that lines name parts of. */
  readonly contents: ReadonlySet<string>;
  /** What files of bytes that were read as a whole count as, by path. */
  readonly dumps: ReadonlyMap<string, Counts>;
  /** Texts by path. */
  readonly objects: ReadonlyMap<string, string>;
  readonly counts: Counts;
  readonly problems: readonly Problem[];
  readonly steps: number;
  /** One cursor of each shape that ran. */
  readonly cursors: readonly Cursor[];
  /** The records of each step, in order, as in a snapshot's index. */
  readonly blocks: readonly WalkedBlock[];
  readonly exportedUntil?: bigint;
}

/** The records of one step for one file. */
export interface WalkedBlock {
  readonly file: string;
  readonly lines: readonly string[];
  readonly counts: Counts;
  readonly bytes: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** A check needs only a little data, so an export with more steps than this is endless. */
export const STEPS_MAX = 50_000;

/** @throws Nonconformance, InvalidStep, or what a hook throws */
export async function walk(options: WalkOptions): Promise<Harvest> {
  const signal = options.signal ?? NEVER;
  const start = checkStart(
    await retrying(options, async () => {
      const { export: exporter } = await options.backend();
      return named("start", () => exporter.start(options.request, signal));
    }),
  );
  const harvest = gather(options.plugin, start.problems);
  const once = createOnce();
  const waiting = [...once.claim(start.next)];
  const most = options.stepsMax;
  for (let steps = 0; waiting.length > 0; steps += 1) {
    require(steps < most, `the export has no end: ${steps} steps, and ${waiting.length} cursors are waiting`);
    const [cursor] = waiting.splice(options.pick?.(waiting.length) ?? 0, 1);
    if (cursor === undefined) continue;
    for (const part of await partsOf(cursor, options, signal))
      for (const step of await stepsOf(part, options, signal))
        waiting.push(...once.claim(harvest.add(part, step)));
  }
  return harvest.done(start.exportedUntil);
}

async function partsOf(
  cursor: Cursor,
  options: WalkOptions,
  signal: AbortSignal,
): Promise<readonly Cursor[]> {
  if (!options.split) return [cursor];
  const { export: exporter } = await options.backend();
  const answer = await exporter.split?.(cursor, signal);
  const parts = answer === undefined ? [] : checkSplit(cursor, answer);
  return parts.length === 0 ? [cursor] : parts;
}

/** What the cursor yields: one step, or the pieces of a cursor that is read as a whole. */
async function stepsOf(cursor: Cursor, options: WalkOptions, signal: AbortSignal) {
  const given = (): Cursor => (options.throughJson ? JSON.parse(JSON.stringify(cursor)) : cursor);
  const early = (cursorNotBefore(cursor) ?? 0n) - fromMs(Date.now());
  if (early > 0n) await sleep(toMs(early), signal);
  const hook = `step ${JSON.stringify(cursor).slice(0, 200)}`;
  const run = () =>
    retrying(options, async () => {
      const backend = await options.backend();
      return named(hook, () => runCursor(backend, given(), signal));
    });
  if (options.twice) await run();
  return (await run()).map((step) => checkStep(options.plugin, step));
}

/** Runs a cursor as the engine does: with `read` if it is to be read as a whole, otherwise with `step`. */
export async function runCursor(
  { export: exporter }: Backend,
  cursor: Cursor,
  signal: AbortSignal,
): Promise<readonly Step[]> {
  if (cursor.restart !== "whole") return [await exporter.step(cursor, signal)];
  require(exporter.read !== undefined, 'a cursor says restart: "whole", but the exporter has no `read`');
  return Array.fromAsync(exporter.read(cursor, signal), withOwnBytes);
}

/** A piece may lie in what the next one is written to. */
const withOwnBytes = (step: Step): Step => ({
  ...step,
  ...given({
    records: step.records?.map((one) => (isBytes(one) ? { ...one, bytes: new Uint8Array(one.bytes) } : one)),
  }),
});

const isBytes = (records: Records): records is ByteRecords =>
  records.kind === "bytes" && records.bytes instanceof Uint8Array;

/** The names of errors that a plugin throws by mistake. Their messages do not say which hook threw them. */
const UNCLASSIFIED = /^(Error|(Type|Range|Reference|Syntax|URI|Eval)Error)$/;

/** @throws what the hook throws; where it is not classified, Nonconformance that names the hook */
async function named<Result>(hook: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof Error) || !UNCLASSIFIED.test(cause.name)) throw cause;
    throw new Nonconformance(`${hook} threw an unclassified ${cause.name}: ${cause.message}`, { cause });
  }
}

async function retrying<Result>({ retries = 0 }: WalkOptions, work: () => Promise<Result>): Promise<Result> {
  for (let left = retries; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isKind(error, "temporary")) throw error;
    }
  }
}

type Checked = ReturnType<typeof checkStep>;

function gather(plugin: string, first: readonly Problem[]) {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const blocks: WalkedBlock[] = [];
  const pieces = new Map<string, Uint8Array[]>();
  const contents = new Set<string>();
  const dumps = new Map<string, Counts>();
  const objects = new Map<string, string>();
  const problems = [...first];
  const totals: Record<string, number> = {};
  let steps = 0;
  const count = (more: Counts): void => {
    for (const [unit, number] of Object.entries(more)) totals[unit] = (totals[unit] ?? 0) + number;
  };
  const shapes = new Map<string, Cursor>();
  const add = (cursor: Cursor, step: Checked): readonly Cursor[] => {
    steps += 1;
    shapes.set(shapeOf(cursor), cursor);
    problems.push(...step.problems);
    for (const { file, bytes, range, counts } of step.records) {
      blocks.push({
        file,
        lines: utf8.decode(bytes).split("\n").slice(0, -1),
        counts,
        bytes: bytes.length,
        ...range,
      });
      count(counts);
    }
    for (const { file, bytes, counts, isContent } of step.files) {
      if (isContent) contents.add(file);
      pieces.set(file, [...(pieces.get(file) ?? []), bytes]);
      if (cursor.restart === "whole") dumps.set(file, { ...dumps.get(file), ...counts });
      count(counts);
    }
    for (const { path, bytes, unit } of step.objects) {
      require(!objects.has(path), `${plugin} wrote the object ${path} twice`);
      objects.set(path, utf8.decode(bytes));
      count({ [unit]: 1 });
    }
    return step.next;
  };
  const done = (exportedUntil: bigint | undefined): Harvest => ({
    lines: linesByFile(blocks),
    files: new Map([...pieces].map(([file, all]) => [file, Buffer.concat(all)])),
    contents,
    dumps,
    objects,
    counts: totals,
    problems,
    steps,
    cursors: [...shapes.values()],
    blocks,
    ...given({ exportedUntil }),
  });
  return { add, done };
}

/** The cursor's keys and its word-like values: cursors for the same kind of work share these. */
function shapeOf(cursor: Cursor): string {
  const parts = Object.entries(cursor).map(([key, value]) =>
    typeof value === "string" && /^[a-z-]{1,20}$/i.test(value) ? `${key}=${value}` : key,
  );
  return parts.sort().join(" ").slice(0, 300);
}

function linesByFile(blocks: readonly WalkedBlock[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const { file, lines } of blocks) {
    const all = files.get(file) ?? [];
    for (const line of lines) all.push(line);
    files.set(file, all);
  }
  for (const all of files.values()) all.sort();
  return files;
}
