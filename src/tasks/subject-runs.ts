/** One person's runs in the project's own log of them. */
import { openActivity } from "../activity/database/open.ts";
import { findSubject, subjectPlaces } from "../activity/records/subject.ts";
import type { Config } from "../config/config.ts";
import { OWN_RUNS } from "../config/subjects.ts";
import { isThere } from "../storage/entries.ts";
import { fromMs, NS_PER_MS, type Range, span } from "../units/range.ts";
import { activityPath } from "./activity-database.ts";
import { UsageError } from "./task/errors.ts";

/** Where a person shows up if the configuration says nothing else. */
const EVERYWHERE = "user={id}, conversation={id}, text={id}";

/** Runs by their ids, and of what time they are. */
interface OwnRuns {
  readonly path: string;
  readonly ids: readonly string[];
  readonly range?: Range;
}

const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** @throws UsageError when the configuration says wrongly where; ActivityError */
export function findOwnRuns(config: Config, id: string): OwnRuns {
  const path = activityPath(config);
  const wheres = (config.subjects[OWN_RUNS] ?? []).flatMap(({ where }) => where ?? []);
  const places = (wheres.length === 0 ? [EVERYWHERE] : wheres).flatMap((where) => {
    const read = subjectPlaces(where, id);
    if ("wrong" in read) throw new UsageError(`subjects.${OWN_RUNS}: not understood: ${shown(where)}`, HINT);
    return read;
  });
  if (!isThere(path)) return { path, ids: [] };
  using closing = new DisposableStack();
  const database = openActivity(path, { isReadOnly: true });
  closing.defer(() => database.close());
  const found = [...findSubject(database, places, EVER)];
  const ranges = found.map(({ first, last }) => ({ from: fromMs(first), to: fromMs(last) + NS_PER_MS }));
  const range = ranges.reduce<Range | undefined>(
    (all, one) => (all === undefined ? one : span(all, one)),
    undefined,
  );
  return {
    path,
    ids: [...new Set(found.flatMap(({ ids }) => ids))],
    ...(range === undefined ? {} : { range }),
  };
}

const shown = (where: string): string => JSON.stringify(where.slice(0, 200));

const HINT = "it names fields: user={id}, entity=customer:{id}, conversation={id}, text={id}";
