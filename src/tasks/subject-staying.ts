/** What of one person's data stays: what cannot be erased, and what could not be looked through. */
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { Search } from "./subject-found.ts";

/** An outcome for each: impossible, or owed. What stays in snapshots is known once they are written anew. */
export function stayingOf({ parts, unsearched }: Search): SubjectOutcome[] {
  const at = toRfc3339(fromMs(Date.now()));
  const left = parts.flatMap(({ source, name, backend, unit, count, stays, isHeld }): SubjectOutcome[] =>
    stays === undefined || source === "snapshot" || source === "copy"
      ? []
      : [
          {
            source,
            name: named(name, backend),
            unit,
            count,
            state: isHeld ? "owed" : "impossible",
            at,
            reason: stays,
          },
        ],
  );
  const owed = unsearched
    .filter(({ isStale }) => !isStale)
    .map(
      ({ source, name, reason }): SubjectOutcome => ({
        source,
        name,
        unit: "records",
        count: 0,
        state: "owed",
        at,
        reason,
      }),
    );
  return [...left, ...owed];
}

const named = (name: string, backend: string | undefined): string =>
  backend === undefined ? name : `${name} ${backend}`;
