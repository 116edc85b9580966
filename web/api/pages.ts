/** Long lists that are read from their newest end: a page at a time, as far back as the reader goes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, useAnswer } from "./answer.ts";
import { ask, withQuery } from "./ask.ts";
import { type Problem, problemOf } from "./problem.ts";
import type { AnswerAt } from "./shapes.ts";

/** How many rows are asked for at once. */
const PAGE = 200;

/** How soon a reader who follows sees what is new, s. */
const FOLLOW_SECONDS = 2;

type ListPath = "/api/v1/audit" | "/api/v1/activity/runs";

/** How the rows of a list are found in its answers. */
interface Paged<Path extends ListPath, Row> {
  readonly path: Path;
  readonly filter: Readonly<Record<string, string>>;
  /** Whether new rows appear by themselves. */
  readonly isFollowing: boolean;
  /** Oldest first, as they are answered. */
  rowsOf(answer: AnswerAt<Path>): readonly Row[];
  /** What `before` takes for those that are older. */
  markOf(row: Row): string;
}

/** What is known of a long list. */
export interface Pages<Row> {
  /** The newest page's, for `<Loading>`. */
  readonly newest: Answer<unknown>;
  /** Newest first. */
  readonly rows: readonly Row[];
  /** Whether there may be older ones that were not asked for. */
  readonly isMore: boolean;
  readonly isLoading: boolean;
  /** Why the older ones did not come. */
  readonly problem: Problem | undefined;
  more(): void;
}

interface Older<Row> {
  readonly path: string;
  readonly rows: readonly Row[];
  readonly isEnd: boolean;
  readonly problem?: Problem;
}

/** The newest rows that fit, and older ones when they are asked for. */
export function usePages<const Path extends ListPath, Row>(list: Paged<Path, Row>): Pages<Row> {
  const { filter, isFollowing, rowsOf, markOf } = list;
  const path: string = withQuery(list.path, { ...filter, limit: PAGE });
  const newest = useFollowed(list.path, path, isFollowing, (answer) =>
    rowsOf(answer as AnswerAt<Path>).map(markOf),
  );
  const page = newest.value === undefined ? undefined : rowsOf(newest.value as AnswerAt<Path>);
  const [held, setHeld] = useState<Older<Row>>({ path, rows: [], isEnd: false });
  const [isLoading, setLoading] = useState(false);
  const older = held.path === path ? held : { path, rows: [], isEnd: false };
  const last = useRef<readonly Row[]>([]);
  useEffect(() => {
    // What falls out of the newest page is one of the older ones from now on; where nothing joins them, they begin anew.
    const marks = new Set(page?.map(markOf));
    const fallen = last.current.filter((row) => !marks.has(markOf(row)));
    const isJoined = fallen.length < last.current.length;
    if (page !== undefined && last.current.length > 0 && fallen.length > 0)
      setHeld(isJoined ? { ...older, rows: [...older.rows, ...fallen] } : { path, rows: [], isEnd: false });
    last.current = page ?? [];
  }, [newest.value]);
  const oldest = older.rows[0] ?? page?.[0];
  const more = async (): Promise<void> => {
    if (oldest === undefined) return;
    setLoading(true);
    try {
      const before = withQuery(list.path, { ...filter, limit: PAGE, before: markOf(oldest) });
      const rows = rowsOf((await ask(before as string)) as AnswerAt<Path>);
      setHeld({ path, rows: [...rows, ...older.rows], isEnd: rows.length < PAGE });
    } catch (error) {
      setHeld({ ...older, problem: problemOf(error) });
    }
    setLoading(false);
  };
  return {
    newest,
    rows: [...older.rows, ...(page ?? [])].toReversed(),
    isMore: oldest !== undefined && !older.isEnd && (older.rows.length > 0 || page?.length === PAGE),
    isLoading,
    problem: held.path === path ? held.problem : undefined,
    more: () => void more(),
  };
}

/** The newest page; while it is followed, it is read again as soon as the list has grown. */
function useFollowed(
  list: ListPath,
  path: string,
  isFollowing: boolean,
  marksOf: (answer: unknown) => readonly string[],
): Answer<unknown> {
  const page = useAnswer(path);
  const end = useAnswer(isFollowing ? `${list}?limit=1` : undefined, FOLLOW_SECONDS);
  const last = end.value === undefined ? undefined : marksOf(end.value).at(-1);
  useEffect(() => {
    if (isFollowing && last !== undefined) page.again();
  }, [last, isFollowing]);
  return page;
}
