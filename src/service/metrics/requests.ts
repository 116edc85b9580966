/** What the kept requests of persons say: how many are open, and which has to be done first. */
import { listRequests } from "../../tasks/subject-requests.ts";
import type { Family } from "./exposition.ts";
import { gauge, one } from "./family.ts";

/** The requests that are open. */
export interface RequestFigures {
  readonly open: number;
  /** The earliest deadline of them; absent: none is open. s since the epoch */
  readonly deadline?: number;
}

/** @param project the directory of its configuration @throws Error when a request cannot be read: it may be open */
export function readRequestFigures(project: string): RequestFigures {
  const { requests, stuck } = listRequests(project);
  const [unread] = stuck;
  if (unread !== undefined) throw new Error(`the request ${unread.id} cannot be read: ${unread.reason}`);
  const deadlines = requests
    .filter(({ closed }) => closed === undefined)
    .map(({ deadline }) => Date.parse(deadline) / 1000);
  return { open: deadlines.length, ...(deadlines.length === 0 ? {} : { deadline: Math.min(...deadlines) }) };
}

/** Their metrics. */
export const requestFamilies = (figures: RequestFigures | undefined): Family[] => [
  gauge(
    "contextcore_subject_requests_open",
    "requests for erasure of which something is owed",
    one(figures?.open),
  ),
  gauge(
    "contextcore_subject_request_deadline_timestamp_seconds",
    "until when the first of them has to be done",
    one(figures?.deadline),
  ),
];
