/** The request that an erasure goes on with, as it is kept while no other erasure is running. */
import type { KeptRequests, Sealed } from "../retention/subjects/requests/kept.ts";
import type { RequestKey } from "../retention/subjects/requests/key.ts";
import type { SubjectRequest } from "../retention/subjects/requests/request.ts";

/** A request of which something is owed, and what is sealed of it. */
export interface RequestNow {
  readonly request: SubjectRequest;
  readonly sealed: Sealed;
}

/** Two requests of one person are one. Where what is sealed of it cannot be read, everything is looked for anew. */
export function openRequestOf(
  subject: string,
  requests: KeptRequests,
  key: RequestKey,
): { readonly request: SubjectRequest; readonly sealed?: Sealed } | undefined {
  const name = key.nameOf(subject);
  const request = readable(requests).find((one) => one.subject === name && one.closed === undefined);
  if (request === undefined) return undefined;
  try {
    return { request, sealed: requests.sealedOf(request, key) };
  } catch {
    return { request };
  }
}

/** A request that somebody else has closed since this was planned: of it nothing is left to do. */
export const closedSince = (
  planned: SubjectRequest | undefined,
  requests: KeptRequests,
): SubjectRequest | undefined =>
  planned && readable(requests).find(({ id, closed }) => id === planned.id && closed !== undefined);

const readable = (requests: KeptRequests): SubjectRequest[] =>
  requests.list().flatMap((one) => ("problem" in one ? [] : one));
