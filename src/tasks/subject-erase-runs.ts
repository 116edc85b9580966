/** Erases one person's runs from the project's own log of them. */
import { openActivity } from "../activity/database/open.ts";
import { eraseRuns } from "../activity/records/subject.ts";
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { messageOf } from "../units/message-of.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { Search } from "./subject-found.ts";

/** Nothing of them is left in the file, unless another program reads it meanwhile. */
export function eraseOwnRuns({ runs, parts }: Search): SubjectOutcome[] {
  const own = parts.find(({ source }) => source === "activity");
  if (own === undefined || own.stays !== undefined) return [];
  const told = { source: own.source, name: own.name, unit: own.unit, count: own.count };
  const at = toRfc3339(fromMs(Date.now()));
  try {
    using closing = new DisposableStack();
    const database = openActivity(own.name);
    closing.defer(() => database.close());
    if (eraseRuns(database, runs)) return [{ ...told, state: "done", at }];
    return [{ ...told, state: "owed", at, reason: STILL_READ }];
  } catch (error) {
    return [{ ...told, state: "owed", at, reason: messageOf(error) }];
  }
}

const STILL_READ =
  "they are removed, and another program is reading the database, so that its journal still holds them until that has ended";
