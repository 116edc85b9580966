/** What of an erasure is owed in a place, as its request keeps it. */
import { isAbsolute } from "node:path";
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { snapshotName } from "../snapshot/format/name.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { Owed } from "./owed.ts";

/** By `PLACE:NAME` of a copy, until when it is locked. RFC 3339 */
export type Locks = ReadonlyMap<string, string>;

/** @param locks of the copies that were found: what is locked is due when that ends */
export function owedOutcome({ where, reason, due }: Owed, locks: Locks = new Map()): SubjectOutcome {
  const isHere = isAbsolute(where);
  return {
    source: isHere ? "snapshot" : "copy",
    name: isHere ? snapshotName(where) : where,
    ...{ unit: "records", count: 0, state: "owed", at: toRfc3339(fromMs(Date.now())), reason },
    ...given({ due: due ?? lockedIn(where, locks) }),
  };
}

/** Also of one object of a copy. */
const lockedIn = (where: string, locks: Locks): string | undefined =>
  [...locks].find(
    ([copy]) => where === copy || where.includes(`/${copy.slice(copy.indexOf(":") + 1)}/`),
  )?.[1];
