/** An export of a directory: the tree as lines, and what has changed in it as an archive. */
import {
  type Cursor,
  decodeCursor,
  type ExportRequest,
  encodeCursor,
  nanoseconds,
  type Start,
  type Step,
  v,
} from "contextcore";
import { openRoot } from "./below.ts";
import type { Paused } from "./content.ts";
import { type Earlier, NOTHING } from "./earlier.ts";
import { takeEntry } from "./entry.ts";
import { refusedRoot } from "./errors.ts";
import { SEEN, TREE } from "./line.ts";
import { createLines } from "./lines.ts";
import { createMissing } from "./missing.ts";
import type { Place } from "./names.ts";
import { createPack, type Pack } from "./pack.ts";
import { walk } from "./walk.ts";

/** What an instance saves. */
export interface Saved {
  readonly place: Place;
  readonly exclude: readonly string[];
  readonly mounts: boolean;
  /** By what a file is found to be unchanged. */
  readonly compare: "times" | "content";
}

const work = v.object({ from: nanoseconds, to: nanoseconds, restart: v.literal("whole") });

/** One cursor: a tree is read in one go. @throws PluginError when the directory cannot be opened */
export function start({ place }: Saved, { range }: ExportRequest): Start {
  openTree(place.root);
  return { cursors: [encodeCursor({ ...range, restart: "whole" })] };
}

/** Makes sure that it can be opened. @throws PluginError */
function openTree(root: string): void {
  try {
    openRoot(root)[Symbol.dispose]();
  } catch (error) {
    throw refusedRoot(root, error);
  }
}

/** How long nothing else is done at most. ms */
const SLICE_MS = 50;

/** What one reading needs beside the cursor. */
interface Reading {
  /** What the snapshot that this one continues has of it. */
  readonly earlier?: Earlier | undefined;
  readonly stepBytes: number;
  readonly signal: AbortSignal;
}

/** Reads the tree, one piece ahead: the next one while one is written. @throws PluginError when the directory cannot be opened */
export async function* read(saved: Saved, cursor: Cursor, reading: Reading): AsyncGenerator<Step> {
  const pieces = piecesOf(saved, cursor, reading);
  try {
    for (let piece = await pieces.next(); !piece.done; ) {
      const next = pieces.next();
      // Whoever asks for it hears of it.
      next.catch(() => {});
      yield piece.value;
      piece = await next;
    }
  } finally {
    await pieces.return(undefined);
  }
}

async function* piecesOf(
  saved: Saved,
  cursor: Cursor,
  { earlier = NOTHING, stepBytes, signal }: Reading,
): AsyncGenerator<Step> {
  const { to } = decodeCursor("files", work, cursor);
  for (const step of steps(saved, { to, earlier, stepBytes })) {
    signal.throwIfAborted();
    if (step !== undefined) yield step;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface StepsOptions extends Pick<Reading, "stepBytes"> {
  readonly to: bigint;
  readonly earlier: Earlier;
}

/** The steps; `undefined`: something else may be done in between. */
function* steps(saved: Saved, { to, earlier, stepBytes }: StepsOptions): Generator<Step | undefined> {
  const pack = createPack(earlier.freeName(to), stepBytes);
  const missing = createMissing();
  const [tree, seen] = [createLines(TREE, to), createLines(SEEN, to)];
  const into = { pack, missing, earlier, compare: saved.compare, first: new Map() };
  let since = performance.now();
  try {
    for (const found of walk({ ...saved, missed: missing.missed })) {
      const entry = yield* givingAway(pack, takeEntry(found, into));
      const fullTree = entry && tree.add(entry.line, entry.type);
      if (fullTree !== undefined) yield fullTree;
      const fullSeen = entry && seen.add(entry.seen);
      if (fullSeen !== undefined) yield fullSeen;
      if (performance.now() - since < SLICE_MS) continue;
      yield undefined;
      since = performance.now();
    }
  } catch (error) {
    throw refusedRoot(saved.place.root, error);
  }
  for (const piece of pack.end()) yield { records: [piece] };
  yield tree.end();
  yield seen.end();
  yield { problems: missing.problems() };
}

/** Whenever the work pauses, and at its end, what is full is given away. */
function* givingAway<Result>(pack: Pack, work: Paused<Result>): Generator<Step | undefined, Result> {
  for (;;) {
    const next = work.next();
    for (const piece of pack.full()) yield { records: [piece] };
    if (next.done) return next.value;
    yield undefined;
  }
}
