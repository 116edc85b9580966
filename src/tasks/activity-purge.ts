/** Removes runs that are too old, and what was said in them, for good. */
import type { DatabaseSync } from "node:sqlite";
import { openActivity } from "../activity/database/open.ts";
import { sweepInterrupted } from "../activity/database/sweep.ts";
import {
  beforeForSize,
  countPurge,
  emptyJournal,
  type Purge,
  type PurgeCount,
  purge,
} from "../activity/purge/purge.ts";
import { readHolds } from "../retention/holds/file.ts";
import { holdsOn } from "../retention/holds/hold.ts";
import { isThere } from "../storage/entries.ts";
import { removeFile } from "../storage/unsynced.ts";
import { writeWhole } from "../storage/whole-file.ts";
import { parseBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { DAY_MS, NS_PER_MS, type Range, toMs } from "../units/range.ts";
import { counted } from "../units/words.ts";
import { activityPath } from "./activity-database.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask } from "./task/task.ts";

const age = (about: string) => ({ type: "value", hint: "DURATION", parse: readAge, about }) as const;

function readAge(text: string): number {
  const ms = toMs(parseDuration(text));
  if (ms <= 0)
    throw new UsageError(`${text} would remove everything, even what has just begun`, "for example 30d");
  return ms;
}

const params = {
  "older-than": age(
    "runs that began longer ago than this (default: `activity.retention` in the configuration)",
  ),
  "content-older-than": age(
    "of runs that began longer ago than this what was said (default: `activity.content_retention`)",
  ),
} as const;

/** What would go; disposing of it closes the database. */
export interface ActivityPurgePlan extends AsyncDisposable {
  readonly path: string;
  readonly limits: Required<Purge>;
  /** The holds that keep some of it, by name. */
  readonly held: readonly string[];
  readonly found: PurgeCount;
  /** What an earlier purge has removed can still be read in the files: it was interrupted, or somebody else read meanwhile. */
  readonly isUnclean: boolean;
  /** Absent: nothing was ever recorded. */
  readonly database?: DatabaseSync;
}

export const activityPurge = defineTask({
  kind: "activity_purge",
  about: "remove runs of models that are too old, and what was said in them, for good",
  params,
  opens: () => "nothing",
  destructive: true,
  async plan(asked, { config, isDry }): Promise<ActivityPurgePlan> {
    const path = activityPath(config);
    const { retention, content_retention: contentRetention, max_size: maxSize } = config.activity;
    const now = Date.now();
    const runsMs = asked["older-than"] ?? retention * DAY_MS;
    const contentMs = asked["content-older-than"] ?? contentRetention * DAY_MS;
    const database = isThere(path) ? openActivity(path) : undefined;
    // What processes have left that are gone would otherwise go on for ever.
    if (database !== undefined && isDry !== true) sweepInterrupted(database);
    const isLarge = maxSize !== undefined && database !== undefined;
    const bySize = isLarge ? beforeForSize(database, parseBytes(maxSize)) : undefined;
    const runsBefore = Math.max(now - runsMs, bySize ?? 0);
    const holds = holdsOn(readHolds(config), { backend: "activity" });
    const except = holds.map(({ range }) => spanOf(range));
    const limits = { runsBefore, contentBefore: Math.max(runsBefore, now - contentMs), except };
    const found = database === undefined ? NOTHING : countPurge(database, limits);
    const close = async (): Promise<void> => database?.close();
    const isUnclean = database !== undefined && isThere(noteOf(path));
    const held =
      database === undefined
        ? []
        : holds.filter((_, n) => keepsAny(database, limits, n)).map(({ name }) => name);
    return { path, limits, found, held, isUnclean, ...given({ database }), [Symbol.asyncDispose]: close };
  },
  // The time is agreed to, and with it which runs go: none that begins later is older.
  targets: ({ path, found, limits, isUnclean }) =>
    found.runs + found.contents === 0 && !isUnclean
      ? []
      : [{ kind: "database", name: path, identity: identityOf(limits) }],
  details: ({ limits, found, held }) => ({
    ...(held.length === 0 ? {} : { held_by: [...held] }),
    runs_before: new Date(limits.runsBefore).toISOString(),
    content_before: new Date(limits.contentBefore).toISOString(),
    ...found,
  }),
  async run({ path, database, limits, found }, { signal, follow, did, warn }): Promise<Done<PurgeCount>> {
    if (database === undefined) return { result: NOTHING, ending: { outcome: "success" } };
    using stretch = follow(["activity"]);
    // From here on until the files are clean, whatever becomes of this process.
    writeWhole(noteOf(path), "", { mode: 0o600 });
    const all = found.runs + found.contents;
    const removed = await purge(database, limits, async (done) => {
      const { runs, contents } = done;
      did({ removed: { ...done } });
      const counts = { runs: runs + contents };
      const share = Math.min(1, (runs + contents) / all);
      stretch.progress({ name: "activity", done: share, bytes: 0, counts, state: "running", retries: 0 });
      // Others write between two batches.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    });
    const details = { removed: { ...removed } };
    if (emptyJournal(database)) {
      removeFile(noteOf(path));
      return { result: removed, ending: { outcome: "success", details } };
    }
    warn(STILL_READ);
    return { result: removed, ending: { outcome: "partial", details: { ...details, error: STILL_READ } } };
  },
});

/** The times in which a hold is about runs, ms. */
const spanOf = (range: Range | undefined): Required<Purge>["except"][number] =>
  range === undefined
    ? { from: 0, to: Number.MAX_SAFE_INTEGER }
    : { from: toMs(range.from), to: toMs(range.to + NS_PER_MS - 1n) };

/** Whether one of the holds keeps anything: two of the same times do, each. */
function keepsAny(database: DatabaseSync, limits: Required<Purge>, hold: number): boolean {
  const all = countPurge(database, { ...limits, except: [] });
  const left = countPurge(database, { ...limits, except: limits.except.slice(hold, hold + 1) });
  return all.runs + all.contents > left.runs + left.contents;
}

const identityOf = ({ runsBefore, contentBefore, except }: Required<Purge>): string =>
  [`before ${runsBefore} ${contentBefore}`, ...except.map(({ from, to }) => `not ${from} to ${to}`)].join(
    ", ",
  );

const STILL_READ =
  "another program is reading the database, so that its journal still holds what was removed: purge again once it has ended";

/** Is there while what was removed can still be read in the database's files. */
const noteOf = (path: string): string => `${path}-purging`;

const NOTHING: PurgeCount = { runs: 0, contents: 0 };

/** `2 runs`, `2 runs and what was said in 7 others`. */
export function purgeText({ runs, contents }: PurgeCount): string {
  if (contents === 0) return counted(runs, "run");
  const said = `what was said in ${runs === 0 ? counted(contents, "run") : counted(contents, "other", "others")}`;
  return runs === 0 ? said : `${counted(runs, "run")} and ${said}`;
}
