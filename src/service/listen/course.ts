/** The course of one request: who sends it, whether they may, what is asked, and what is told of it. */
import type { Server } from "bun";
import { redactedText } from "../../redact/text.ts";
import type { Log } from "../../terminal/log.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { answerOf } from "./answer.ts";
import { anonymous, type Presented, requireRole, type SignedIn } from "./credentials.ts";
import type { Door } from "./door.ts";
import { dress, requestId } from "./headers.ts";
import { type Reach, requireHost, requireOrigin, requireProgram, type Sender, senderOf } from "./origin.ts";
import { HttpError, problemResponse, statusOf, tooMany } from "./problem.ts";
import { readBody, readQuery } from "./reading.ts";
import { type Requester, ROUTE_SECONDS, type Route } from "./route.ts";
import { type Routed, routing } from "./routing.ts";
import type { OpenStreams } from "./streams.ts";
import { createThrottle } from "./throttle.ts";

/** A request that was refused. */
export interface Refused {
  /** As far as it is known. */
  readonly actor: Requester;
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly reason: string;
}

/** See {@link answering}. */
export interface CourseOptions {
  readonly routes: readonly Route[];
  readonly doors: readonly Door[];
  /** No page of a browser is answered, not even one of ours. */
  readonly isForPrograms?: boolean;
  readonly reach: Reach;
  readonly log: Log;
  /** @throws HttpError for what is no credential of ours */
  signIn(presented: Presented): SignedIn;
  /** Is told who was not let in, or not let do something. */
  onRefused(refused: Refused): void;
  /** Is told of every answer. */
  onAnswered?(answer: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly seconds: number;
  }): void;
}

/** Requests of one address: that many at once, and then one each so many ms. */
const PACE = { burst: 2_000, everyMs: 2 };

/**
 * Whose refusal is told: those who were not let in, wanted what cannot be now, or wanted too much. That somebody mistyped a path is
 * nobody's concern.
 */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 409, 421, 429]);

/** What is known of a request so far. */
interface Course {
  actor: Requester;
  client: string;
  isSecure: boolean;
  route?: Route;
  readonly door?: Door;
  /** As it was asked for. */
  readonly pathname: string;
  /** As it may be told. */
  readonly path: string;
}

type Answer = (request: Request, server: Server<undefined>) => Promise<Response>;

/** Whatever stands in front of it: that is the caller's Host. */
const pathOf = ({ url }: Request): string => (URL.canParse(url) ? new URL(url).pathname : "/");

/** Answers requests, one after the other or many at once. @throws nothing: what fails is an answer, too */
export function answering(options: CourseOptions, streams: OpenStreams): Answer {
  const find = routing(options.routes);
  const pace = createThrottle(PACE);
  return async (request, server) => {
    const began = performance.now();
    const id = requestId(request.headers);
    const pathname = pathOf(request);
    const door = options.doors.find(({ prefix }) => pathname.startsWith(prefix));
    const path = door?.shownPath?.(pathname) ?? pathname;
    const course: Course = {
      ...{ actor: anonymous(id), client: "", isSecure: false, pathname, path },
      ...given({ door }),
    };
    const response = await answered(request, server, course).catch((error: unknown) => {
      tellFailure(options, error, { ...course, method: request.method });
      return door?.problem?.(error, id) ?? problemResponse(error, id);
    });
    dress(request, response, id, course.isSecure);
    const ms = performance.now() - began;
    options.onAnswered?.({
      route: course.route?.path ?? door?.prefix ?? "none",
      method: request.method,
      status: response.status,
      seconds: ms / 1_000,
    });
    tellAnswer(options.log, request.method, { course, response, id, ms });
    return response;
  };

  async function answered(request: Request, server: Server<undefined>, course: Course): Promise<Response> {
    const { headers, method } = request;
    const sender = senderOf(headers, server.requestIP(request)?.address ?? "", options.reach);
    Object.assign(course, { client: sender.client, isSecure: sender.isSecure });
    if (options.isForPrograms === true) requireProgram(headers);
    const { door, pathname } = course;
    if (door !== undefined)
      return door.answer({
        ...{ ...sender, request, pathname, id: course.actor.request },
        calls(actor) {
          course.actor = actor;
        },
        mayBeQuiet: () => server.timeout(request, 0),
      });
    requireHost(headers, options.reach);
    const waitMs = pace.take(sender.client);
    if (waitMs > 0) throw tooMany("too many requests come from this address", waitMs);
    const signedIn = options.signIn({ ...sender, headers, request: course.actor.request });
    course.actor = signedIn.actor;
    const found = find(method, pathname);
    course.route = found.route;
    if (found.route.method !== "GET") requireOrigin(headers, sender.isSecure, signedIn.byCookie);
    requireRole(found.route, signedIn.actor, sender);
    return carriedOut(request, server, found, { ...sender, ...signedIn });
  }

  async function carriedOut(
    request: Request,
    server: Server<undefined>,
    { route, params }: Routed,
    { actor, byCookie: _, counts, ...sender }: Sender & SignedIn,
  ): Promise<Response> {
    const query = readQuery(route, new URL(request.url).searchParams);
    const body = await readBody(route, request);
    const { seconds = ROUTE_SECONDS } = route;
    server.timeout(request, seconds + 1);
    const { headers } = request;
    const work = (signal: AbortSignal) =>
      route.run({
        ...{ ...sender, params, query, body, headers, actor, counts, signal },
        stream(events) {
          server.timeout(request, 0);
          return streams.open({ user: actor.user, counts }, events);
        },
      });
    const late = () => new HttpError(503, `this took longer than ${seconds} s`);
    const result = await withTimeLimit(work, request.signal, { limitMs: seconds * 1_000, late });
    if (result instanceof Response) return result;
    if (!("schema" in route.answers))
      throw new TypeError(`${route.path} is to answer with a response of its own`);
    return answerOf(route.answers, result, given({ status: route.status }));
  }
}

function tellFailure(
  { log, onRefused }: CourseOptions,
  error: unknown,
  at: Course & Pick<Refused, "method">,
): void {
  const status = statusOf(error);
  const { actor, client, method, path } = at;
  const reason = messageOf(error);
  if (REFUSALS.has(status))
    onRefused({ ...{ actor, client, method, status }, path: short(path), reason: short(reason) });
  if (status === 500) log("error", `${method} ${short(path)} failed: ${reason}`, { request: actor.request });
}

/** What a stranger has chosen must not fill the trail. Characters */
const TOLD_MAX = 256;

/** Half a secret would not be known for one, so it is blotted out first. */
function short(text: string): string {
  const clean = redactedText(text);
  return clean.length > TOLD_MAX ? `${clean.slice(0, TOLD_MAX - 1).toWellFormed()}…` : clean;
}

interface Told {
  readonly course: Course;
  readonly response: Response;
  readonly id: string;
  readonly ms: number;
}

/** What watches the service asks all the time: that all is well is not told. */
function tellAnswer(log: Log, method: string, { course, response, id, ms }: Told): void {
  const { route, actor, client, path } = course;
  const isWatch = method === "GET" && (route?.role === "open" || route?.role === "local");
  if (isWatch && response.ok) return;
  const { status } = response;
  log("info", `${method} ${short(path)}`, {
    status,
    ms: Math.round(ms),
    user: actor.user,
    client,
    request: id,
  });
}
