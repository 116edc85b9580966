/** What waits to be written: taken at once, and written in slices between other work of this thread. */
import type { DatabaseSync } from "node:sqlite";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { inTransaction, primaryCode, saysDamage } from "./open.ts";

/** One thing to write. */
interface Job {
  /** How much text it holds, in characters. */
  readonly size: number;
  /** Does what takes time before the database is asked. @returns what writes it */
  prepare(): Write;
  /** It is lost. */
  lost?(): void;
}

/** Writes within a transaction. */
type Write = () => void;

/** What became of what was taken. */
export interface WritingState {
  readonly written: number;
  readonly waiting: number;
  /** What there was no room for, or what the database refused. */
  readonly lost: number;
  /** Why nothing can be written now; absent: it can. */
  readonly failure?: string;
}

/** See {@link createWriteQueue}. */
interface WriteQueue {
  take(job: Job): void;
  state(): WritingState;
  /** Writes what waits, as far as it can be written within the time; what is left is lost. @param limitMs ms */
  close(limitMs: number): Promise<void>;
}

/** Other work of this thread waits no longer for a slice of ours. ms */
const SLICE_MS = 4;
/** What may wait while nothing can be written. Characters */
const WAITING_MAX = 64 << 20;
/** Beyond this, who can send again later is asked to; what is on its way still has room. Characters */
const CROWDED = WAITING_MAX / 2;
const RETRY_MS = { first: 50, most: 5_000 };

const TOO_MUCH = "more waits than can be written so fast";

/** SQLite's primary result codes for what may soon be over: busy, locked, read-only, I/O, full, cannot open. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14]);

/**
 * @param open the database; called again after it failed
 * @param onDamage is told that it is damaged; what was to be written waits for the next one
 */
export function createWriteQueue(open: () => DatabaseSync, onDamage: () => void): WriteQueue {
  const jobs: Job[] = [];
  let [written, lost, size, waitMs] = [0, 0, 0, 0];
  let failure: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const schedule = (): void => {
    timer ??= setTimeout(slice, waitMs);
    timer.unref();
  };

  const slice = (): void => {
    timer = undefined;
    try {
      writeSome(open());
      [failure, waitMs] = [undefined, 0];
    } catch (error) {
      failure = messageOf(error);
      waitMs = Math.min(RETRY_MS.most, Math.max(RETRY_MS.first, waitMs * 2));
    }
    if (jobs.length > 0) schedule();
  };

  /** As many as fit into a slice, in one transaction. @throws what may soon be over: they wait then */
  const writeSome = (database: DatabaseSync): void => {
    const ready = prepared(jobs);
    try {
      inTransaction(database, () => {
        for (const write of ready) write();
      });
      written += ready.length;
    } catch (error) {
      if (saysDamage(error)) onDamage();
      if (saysDamage(error) || PASSING.has(primaryCode(error))) throw error;
      for (const [index, write] of ready.entries()) writeAlone(database, write, jobs[index]);
    }
    for (const done of jobs.splice(0, ready.length)) size -= done.size;
  };

  /** If it is refused, it is the only one that is lost. */
  const writeAlone = (database: DatabaseSync, write: Write, job: Job | undefined): void => {
    try {
      inTransaction(database, write);
      written += 1;
    } catch {
      lose(job);
    }
  };

  const lose = (job: Job | undefined): void => {
    lost += 1;
    job?.lost?.();
  };

  return {
    take(job) {
      if (size + job.size > WAITING_MAX) {
        lose(job);
        return;
      }
      jobs.push(job);
      size += job.size;
      schedule();
    },
    state: () => ({
      written,
      waiting: jobs.length,
      lost,
      ...given({ failure: failure ?? (size > CROWDED ? TOO_MUCH : undefined) }),
    }),
    async close(limitMs) {
      const until = performance.now() + limitMs;
      while (jobs.length > 0 && performance.now() < until) {
        slice();
        if (failure !== undefined) await new Promise((resolve) => setTimeout(resolve, RETRY_MS.first));
      }
      clearTimeout(timer);
      for (const job of jobs.splice(0)) lose(job);
    },
  };
}

function prepared(jobs: readonly Job[]): Write[] {
  const until = performance.now() + SLICE_MS;
  const ready: Write[] = [];
  for (const job of jobs) {
    ready.push(preparedAlone(job));
    if (performance.now() > until) break;
  }
  return ready;
}

/** What cannot even be prepared is refused like what cannot be written, and holds up nothing behind it. */
function preparedAlone(job: Job): Write {
  try {
    return job.prepare();
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
