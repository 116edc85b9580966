/** What of one person's data stays: what cannot be erased, and what could not be looked through. */
import type { SubjectOutcome } from "../retention/subjects/requests/request.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import type { Search } from "./subject-found.ts";

/** An outcome for each: impossible, or owed. What stays in snapshots is known once they are written anew. */
export function staying({ parts, unsearched }: Search): SubjectOutcome[] {
  const at = toRfc3339(fromMs(Date.now()));
  const impossible = parts.flatMap(({ source, name, backend, unit, count, stays }): SubjectOutcome[] =>
    stays === undefined || source === "snapshot" || source === "copy"
      ? []
      : [{ source, name: named(name, backend), unit, count, state: "impossible", at, reason: stays }],
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
  return [...impossible, ...owed];
}

const named = (name: string, backend: string | undefined): string =>
  backend === undefined ? name : `${name} ${backend}`;
