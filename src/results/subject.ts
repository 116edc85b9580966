import * as v from "valibot";
import { owedIn, requestSchema, type SubjectRequest } from "../retention/subjects/requests/request.ts";
import { erasable, FOUND_SOURCES, type FoundPart, type Search } from "../tasks/subject-found.ts";
import { given } from "../units/given.ts";
import { toRfc3339 } from "../units/range.ts";
import { time } from "./parts.ts";
import { defineResult, type ValueOf } from "./result.ts";

const source = v.pipe(
  v.picklist(FOUND_SOURCES),
  v.description("a server, a snapshot here, a copy in a place, the log of runs, or the audit trail"),
);
const name = v.pipe(
  v.string(),
  v.description("the backend's, the snapshot's, PLACE:NAME of a copy, or the file of the log or the trail"),
);

const partSchema = v.object({
  source,
  name,
  backend: v.optional(v.pipe(v.string(), v.description("whose data it is, in a snapshot"))),
  unit: v.string(),
  count: v.number(),
  where: v.pipe(v.string(), v.description("in words, without the identifier")),
  from: v.optional(time),
  to: v.optional(time),
  stays: v.optional(v.pipe(v.string(), v.description("why it cannot be erased; absent: it can"))),
});

const unsearchedSchema = v.object({ source, name, reason: v.string() });

const foundEntries = {
  records: v.pipe(v.number(), v.description("how many can be erased, in all places together")),
  found: v.array(partSchema),
  unsearched: v.pipe(
    v.array(unsearchedSchema),
    v.description("what could not be looked through: whether it holds any is not known"),
  ),
};

export const SUBJECT_FIND = defineResult({
  name: "subject.find",
  version: 1,
  about: "where one person's data is, and how much; whose it is stands nowhere in it",
  schema: v.object(foundEntries),
});

/** What was found. */
export const subjectFoundJson = ({
  parts,
  unsearched,
}: Pick<Search, "parts" | "unsearched">): ValueOf<typeof SUBJECT_FIND> => ({
  records: erasable(parts),
  found: parts.map(partJson),
  unsearched: unsearched.map((one) => ({ ...one })),
});

const partJson = ({ source: from, name: of, backend, unit, count, where, range, stays }: FoundPart) => ({
  ...{ source: from, name: of, ...given({ backend }), unit, count, where },
  ...(range === undefined ? {} : { from: toRfc3339(range.from), to: toRfc3339(range.to) }),
  ...given({ stays }),
});

export const SUBJECT_ERASE = defineResult({
  name: "subject.erase",
  version: 1,
  about: "what of one person's data would be erased, or was; whose it is stands nowhere in it",
  schema: v.object({
    ...foundEntries,
    request: v.optional(v.pipe(requestSchema, v.description("absent: nothing was erased"))),
  }),
});

/** @param request absent: nothing was erased */
export const subjectErasedJson = (
  search: Pick<Search, "parts" | "unsearched">,
  request?: SubjectRequest,
): ValueOf<typeof SUBJECT_ERASE> => ({
  ...subjectFoundJson(search),
  ...given({ request: request && requestJson(request) }),
});

const requestJson = (request: SubjectRequest) => ({
  ...request,
  outcomes: request.outcomes.map((one) => ({ ...one })),
});

const stuckSchema = v.object({
  id: v.string(),
  reason: v.pipe(v.string(), v.description("why nobody here can go on with it")),
});

export const SUBJECT_REQUESTS = defineResult({
  name: "subject.requests",
  version: 1,
  about: "requests for erasure, the newest first, and what became of each",
  schema: v.object({
    requests: v.array(requestSchema),
    stuck: v.pipe(
      v.array(stuckSchema),
      v.description("requests that cannot be read, or not be gone on with"),
    ),
  }),
});

/** What is kept of requests. */
export const requestsJson = ({
  requests,
  stuck,
}: {
  readonly requests: readonly SubjectRequest[];
  readonly stuck: readonly { readonly id: string; readonly reason: string }[];
}): ValueOf<typeof SUBJECT_REQUESTS> => ({
  requests: requests.map(requestJson),
  stuck: stuck.map((one) => ({ ...one })),
});

/** `2 owed`: what is left of a request. */
export const owedText = (request: SubjectRequest): string =>
  request.closed === undefined ? `${owedIn(request).length} owed` : "closed";

export const SUBJECT_EXPORT = defineResult({
  name: "subject.export",
  version: 1,
  about: "what belongs to one person: every record that is kept of it, once",
  schema: v.object({
    created: time,
    found: foundEntries.found,
    unsearched: foundEntries.unsearched,
    records: v.array(
      v.object({
        source,
        name: v.pipe(name, v.description("where it was found first; `found` tells the other places")),
        backend: v.optional(v.string()),
        file: v.optional(v.pipe(v.string(), v.description("the data file of the snapshot"))),
        unit: v.string(),
        time: v.optional(time),
        data: v.pipe(
          v.unknown(),
          v.description(
            "as docs/snapshot-format.md has a line of that file with this record alone; a run as docs/activity.md has it; an event as in the trail",
          ),
        ),
      }),
    ),
  }),
});
