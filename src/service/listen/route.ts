/** What the service answers, as data: dispatch, refusals, the description of the API, its page and its tests follow from it. */
import type * as v from "valibot";
import type { Result, ValueOf } from "../../results/result.ts";

/** Who may be called what. An admin may do everything; `ingest` only writes activity. */
export const ROLES = ["viewer", "admin", "ingest"] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Who may call a route: a role; `local`, viewers and this machine; `open`, everybody. */
type Access = Role | "local" | "open";

/** Who calls. */
export interface Requester {
  /** The token's name; of who has shown none, `anonymous`. */
  readonly user: string;
  readonly role: Role | "nobody";
  readonly via: "api";
  /** The id of the request. */
  readonly request: string;
}

/** One message of a stream of events. */
export interface StreamEvent {
  readonly event: string;
  readonly id?: string;
  /** Sent as JSON. */
  readonly data: unknown;
}

/** A request, checked against its route. */
interface RouteRequest<Query = unknown, Body = unknown> {
  /** What stands in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
  readonly actor: Requester;
  /** Aborted when the caller leaves, the time is up or the service stops. */
  readonly signal: AbortSignal;
  /** The caller's address. */
  readonly client: string;
  /** The caller is on this machine, and asks directly. */
  readonly isLocal: boolean;
  /** The caller's own connection is encrypted, to us or to the proxy in front. */
  readonly isSecure: boolean;
  /** Whether the token or the session that this was asked with still counts: for answers that take long. */
  counts(): boolean;
  /** Answers with these events as they come, until they end, the caller leaves or the service stops. @throws HttpError when too many streams are open */
  stream(events: (signal: AbortSignal) => AsyncIterable<StreamEvent>): Response;
}

type Answers = Result | readonly string[];

/** See {@link defineRoute}. */
export interface Route<
  Query extends v.GenericSchema = v.GenericSchema,
  Body extends v.GenericSchema = v.GenericSchema,
  Answer extends Answers = Answers,
> {
  readonly method: "GET" | "POST" | "DELETE";
  /** `/api/v1/snapshots/:name`. */
  readonly path: `/${string}`;
  readonly role: Access;
  /** One phrase, lower case, no full stop. */
  readonly about: string;
  /** A strict object, of texts. */
  readonly query?: Query;
  /** Of a JSON body. */
  readonly body?: Body;
  /** How large that may be, bytes; default 1 MiB. */
  readonly bodyMax?: number;
  /** Default 200. */
  readonly status?: 200 | 201 | 202 | 204;
  /** A result, printed as JSON; or the media types that the response may have, none with 204. */
  readonly answers: Answer;
  /** How long it may take before it says something, seconds. Default {@link ROUTE_SECONDS}. */
  readonly seconds?: number;
  run(
    request: RouteRequest<v.InferOutput<Query>, v.InferOutput<Body>>,
  ): Promise<Answer extends Result ? (ValueOf<Answer> & object) | Response : Response>;
}

/** How long an answer may take, seconds. */
export const ROUTE_SECONDS: number = 30;

/** Declares a route: returns it unchanged, with its types checked. */
export const defineRoute = <
  Query extends v.GenericSchema,
  Body extends v.GenericSchema,
  const Answer extends Answers,
>(
  route: Route<Query, Body, Answer>,
): Route<Query, Body, Answer> => route;

/** Whether this role may call what is for those. A caller on this machine may call what is `local`. */
export function mayCall(role: Requester["role"], access: Access, isLocal: boolean): boolean {
  if (access === "open" || role === "admin") return true;
  if (access === "local") return isLocal || role === "viewer";
  return role === access;
}
