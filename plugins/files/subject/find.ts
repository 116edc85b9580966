/** One person's files, found by their paths. What no snapshot saves is found, too: it is there all the same. */
import { type FindRequest, type Found, given, PluginError, type Range } from "contextcore";
import { refusedRoot, unreadable } from "../errors.ts";
import type { Saved } from "../export.ts";
import { type TreeLine, UNITS } from "../line.ts";
import { type Moment, textOfMoment } from "../stat.ts";
import { type Missed, type Found as Seen, walk } from "../walk.ts";
import { theirsBy } from "./pattern.ts";
import { type Named, namedAs } from "./reference.ts";

/** How many paths one reference has at most. */
const SOME = 500;
/** How long nothing else is done at most. ms */
const SLICE_MS = 50;

/**
 * Finds them, some at a time. @throws PluginError `refused`, once it has given what it found, when there is something that could
 * not be looked into
 */
export async function* findFiles(
  saved: Saved,
  { id, where, range }: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const isTheirs = theirsBy(where, id);
  const closed = new Set<string>();
  const missed = (why: Missed): void => void (typeof why === "string" || closed.add(why.unreadable));
  const batches = createBatches(`paths like ${where.replaceAll(id, "{id}")}`);
  let since = performance.now();
  for (const seen of everything(saved, missed)) {
    const one = isTheirs(seen.path) ? theirOwn(seen, range, missed) : undefined;
    if (one !== undefined) yield* batches.add(one);
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    since = performance.now();
  }
  yield* batches.end();
  if (closed.size > 0) throw notAllSeen(saved.place.root, [...closed]);
}

function* everything(saved: Saved, missed: (why: Missed) => void): Generator<Seen> {
  try {
    yield* walk({ ...saved, exclude: [], missed });
  } catch (error) {
    throw refusedRoot(saved.place.root, error);
  }
}

const notAllSeen = (root: string, reasons: readonly string[]): PluginError =>
  new PluginError("refused", `files: not all of ${root} could be looked into: ${reasons.join(", ")}`, {
    hint: "Let the user that contextcore runs as read it; what it cannot see it cannot find.",
  });

/** Something of a person's. */
interface TheirOwn {
  readonly kind: TreeLine["type"];
  readonly named: Named;
  readonly mtime: bigint;
  /** Other names of the same file may be elsewhere. */
  readonly hasOthers: boolean;
}

/** Of a time only files and links: what is in a directory may be of another one. */
function theirOwn(seen: Seen, range: Range | undefined, missed: (why: Missed) => void): TheirOwn | undefined {
  const { kind, path } = seen;
  try {
    const stat = seen.stat();
    const mtime = nsOf(stat.mtime);
    const isMeant = range === undefined || (kind !== "directory" && mtime >= range.from && mtime < range.to);
    const hasOthers = kind === "file" && stat.names > 1;
    return isMeant ? { kind, named: namedAs(path, stat), mtime, hasOthers } : undefined;
  } catch (error) {
    const why = unreadable(error);
    if (why !== undefined) missed({ unreadable: why });
    return undefined;
  }
}

const nsOf = (moment: Moment): bigint => BigInt(textOfMoment(moment));

/** Things of one kind, so many that one reference names them. */
function createBatches(where: string) {
  const open = new Map<string, TheirOwn[]>();
  return {
    *add(one: TheirOwn): Generator<Found> {
      // What becomes of a file with several names is said of it alone.
      if (one.hasOthers) return void (yield foundOf([one], where));
      const batch = open.get(one.kind) ?? [];
      open.set(one.kind, batch);
      batch.push(one);
      if (batch.length < SOME) return;
      open.delete(one.kind);
      yield foundOf(batch, where);
    },
    *end(): Generator<Found> {
      for (const batch of open.values()) yield foundOf(batch, where);
    },
  };
}

function foundOf(batch: readonly TheirOwn[], where: string): Found {
  const [{ kind, mtime } = { kind: "file" as const, mtime: 0n }] = batch;
  let range: Range | undefined;
  if (kind !== "directory") {
    range = { from: mtime, to: mtime + 1n };
    for (const one of batch) range = around(range, one.mtime);
  }
  return {
    ...{ unit: UNITS[kind], count: batch.length, where },
    ...given({ range }),
    reference: { kind, paths: batch.map(({ named }) => [...named]) },
  };
}

const around = ({ from, to }: Range, at: bigint): Range => ({
  from: at < from ? at : from,
  to: at >= to ? at + 1n : to,
});
