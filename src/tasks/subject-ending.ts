/** How erasures ended, for the trail. */
import type { Ending } from "../audit/format/event.ts";
import { STATES, type SubjectRequest } from "../retention/subjects/requests/request.ts";

/** Whole where everything is done; what is owed, or cannot be erased, is named by its number. */
export function erasureEnding(requests: readonly SubjectRequest[]): Ending {
  const outcomes = requests.flatMap((request) => request.outcomes);
  const counts = STATES.map(
    (state) => [state, outcomes.filter((one) => one.state === state).length] as const,
  );
  const isWhole = outcomes.every(({ state }) => state === "done");
  const details = {
    requests: requests.map(({ id, subject }) => ({ id, subject })),
    ...Object.fromEntries(counts),
  };
  return { outcome: isWhole ? "success" : "partial", details };
}
