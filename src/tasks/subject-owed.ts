/** What of an erasure is owed in a place, as its request keeps it. */
import { isAbsolute } from "node:path";
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { Owed } from "./owed.ts";

/** A path is a snapshot's; everything else is told as its place has it. */
export function owedOutcome({ where, reason, due }: Owed): SubjectOutcome {
  const isHere = isAbsolute(where);
  return {
    source: isHere ? "snapshot" : "copy",
    name: isHere ? snapshotName(where) : where,
    ...{ unit: "records", count: 0, state: "owed", at: toRfc3339(fromMs(Date.now())), reason },
    ...given({ due }),
  };
}
