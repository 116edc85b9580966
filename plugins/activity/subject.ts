/** One person's runs: found where the configuration says that the person shows up, and erased. */
import {
  type EraseAnswer,
  type EraseRequest,
  type FindRequest,
  type Found,
  fromMs,
  NS_PER_MS,
  PluginError,
  parseShape,
  v,
} from "contextcore";
import { type SubjectPlace, subjectPlaces } from "contextcore/activity";
import { recordedIn, type Saved, withLog, writing } from "./log.ts";

const reference = v.object({ runs: v.array(v.string()) });

const EVER = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Finds them, each once. @throws PluginError */
export async function* findRuns(
  saved: Saved,
  { id, where, range }: FindRequest,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  signal.throwIfAborted();
  const places = placesIn(where, id);
  const began = range === undefined ? EVER : recordedIn(range);
  const found = withLog(saved, (log) => [...log.find(places, began)]) ?? [];
  for (const { ids, first, last } of found)
    yield {
      ...{ unit: "runs", count: ids.length, where: "the log of runs", reference: { runs: [...ids] } },
      range: { from: fromMs(first), to: fromMs(last) + NS_PER_MS },
    };
}

/** Erases what was found. @throws PluginError */
export function eraseFound(saved: Saved, { found }: EraseRequest, signal: AbortSignal): EraseAnswer {
  signal.throwIfAborted();
  const runs = found.flatMap(
    (one) => parseShape("activity: a reference", reference, JSON.stringify(one.reference)).runs,
  );
  const isGone = withLog(saved, () => writing(saved, (log) => log.erase(runs))) ?? true;
  return {
    outcomes: found.map(({ count }) =>
      isGone ? { state: "erased", count } : { state: "owed", count, reason: STILL_READ },
    ),
  };
}

const STILL_READ =
  "They are removed, and another program is reading the database, so that its journal still holds them until that has ended.";

/** `user={id}, entity=customer:{id}, text={id}`. @throws PluginError `invalid` */
function placesIn(where: string, id: string): SubjectPlace[] {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "activity: an identifier without a letter or a digit matches no word");
  const places = subjectPlaces(where, id);
  if (!("wrong" in places)) return places;
  throw new PluginError("invalid", `activity: where a person shows up is not understood: ${places.wrong}`, {
    hint: "It names fields: `user={id}, entity=customer:{id}, conversation={id}, text={id}`.",
  });
}
