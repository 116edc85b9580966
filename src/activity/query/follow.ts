/** Runs as they come: those that are new, and those that have ended since. */
import type { DatabaseSync } from "node:sqlite";
import { entryAt } from "../../storage/entries.ts";
import { isDamage, openActivity, saysDamage } from "../database/open.ts";
import { type RunFilter, runTest } from "./filter.ts";
import { listRuns, RUN_COLUMNS, type RunRow } from "./list.ts";

/** See {@link followRuns}. */
interface RunFollower extends Disposable {
  /** Whether there is a database. */
  isThere(): boolean;
  /** What has come since it was last asked, at first the newest; in the order in which they began to be noted. */
  next(): RunRow[];
}

/** Which, and how many at first. */
interface Wanted extends RunFilter {
  readonly limit: number;
}

/** Follows a database through its replacement: a new one, in the place of a damaged one, is read from its beginning. */
export function followRuns(path: string, { limit, ...filter }: Wanted): RunFollower {
  let opened: Opened | undefined;
  let isFirst = true;

  const close = (): void => {
    opened?.database.close();
    opened = undefined;
  };

  const look = (): RunRow[] => {
    const identity = identityOf(path);
    if (identity !== opened?.identity) close();
    if (identity === undefined) return [];
    if (opened === undefined) {
      const database = openActivity(path, { isReadOnly: true });
      opened = { identity, database, changes: changesIn(database, isFirst ? limit : undefined, filter) };
    }
    return opened.changes();
  };

  return {
    isThere: () => identityOf(path) !== undefined,
    next() {
      try {
        return look();
      } catch (error) {
        close();
        // Whoever writes next makes a new one.
        if (isDamage(error) || saysDamage(error)) return [];
        throw error;
      } finally {
        isFirst = false;
      }
    },
    [Symbol.dispose]: close,
  };
}

interface Opened {
  readonly identity: string;
  readonly database: DatabaseSync;
  readonly changes: () => RunRow[];
}

/** Which file it is; `undefined`: there is none. */
function identityOf(path: string): string | undefined {
  const found = entryAt(path);
  return found && `${found.dev}:${found.ino}:${found.bornNs}`;
}

/** So many at once; the others come with the next look. */
const SOME = 1_000;

/** @param limit how many of those that are there; absent: all of them */
function changesIn(database: DatabaseSync, limit: number | undefined, filter: RunFilter): () => RunRow[] {
  let [last, running]: [number, readonly number[]] = [0, []];
  let [version, isMore]: [unknown, boolean] = [undefined, false];
  const { sql, values } = runTest(filter);
  const dataVersion = database.prepare("PRAGMA data_version");
  const newest = database.prepare("SELECT max(seq) AS seq FROM runs");
  const open = database.prepare("SELECT seq FROM runs WHERE status = 'running'");
  const added = database.prepare(`SELECT seq FROM runs WHERE seq > ? ORDER BY seq LIMIT ${SOME}`);
  const still = database.prepare(
    "SELECT seq FROM runs WHERE seq IN (SELECT value FROM json_each(?)) AND status = 'running'",
  );
  const matching = database.prepare(`SELECT ${RUN_COLUMNS} FROM runs
    WHERE seq IN (SELECT value FROM json_each(?)) AND ${sql} ORDER BY seq`);
  const top = (): number => Number(newest.get()?.seq ?? 0);

  const first = (most: number): RunRow[] => {
    [last, running] = [top(), seqsOf(open.all())];
    return listRuns(database, { ...filter, limit: most }).reverse();
  };

  const changed = (): RunRow[] => {
    // Where all were removed, numbers are given again.
    last = Math.min(last, top());
    const fresh = seqsOf(added.all(last));
    const going = new Set(seqsOf(still.all(JSON.stringify([...running, ...fresh]))));
    const ended = running.filter((seq) => !going.has(seq));
    [last, running, isMore] = [fresh.at(-1) ?? last, [...going], fresh.length === SOME];
    return matching.all(JSON.stringify([...ended, ...fresh]), ...values) as unknown as RunRow[];
  };

  let isFirst = limit !== undefined;
  return () => {
    const now = dataVersion.get()?.data_version;
    if (now === version) return [];
    const rows = atOneMoment(database, () => (isFirst ? first(limit ?? 0) : changed()));
    version = isMore ? undefined : now;
    isFirst = false;
    return rows;
  };
}

const seqsOf = (rows: readonly Readonly<Record<string, unknown>>[]): number[] =>
  rows.map(({ seq }) => Number(seq));

/** Of all that is read the database is the same. */
function atOneMoment<Result>(database: DatabaseSync, look: () => Result): Result {
  database.exec("BEGIN");
  try {
    return look();
  } finally {
    database.exec("COMMIT");
  }
}
