/** The requests of a project, as far as their reports can be read. */
import { keptRequests } from "../retention/subjects/requests/kept.ts";
import type { SubjectRequest } from "../retention/subjects/requests/request.ts";

/** Newest first. */
export interface ListedRequests {
  readonly requests: readonly SubjectRequest[];
  readonly stuck: readonly { readonly id: string; readonly reason: string }[];
}

/** @param directory the project's */
export function listRequests(directory: string): ListedRequests {
  const all = keptRequests(directory).list();
  return {
    requests: all.flatMap((one) => ("problem" in one ? [] : one)),
    stuck: all.flatMap((one) => ("problem" in one ? { id: one.id, reason: one.problem } : [])),
  };
}
