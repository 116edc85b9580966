/**
 * The relay: a way to servers of models on which runs are noted. It adds a token of ours in front and the log beside, and
 * changes nothing of what is asked and answered.
 */
import type { Upstream } from "../../config/upstreams.ts";
import { NEVER, withTimeLimit } from "../../units/time-limit.ts";
import type { Door } from "../listen/door.ts";
import { requireProgram } from "../listen/origin.ts";
import { HttpError, problemResponse, tooMany } from "../listen/problem.ts";
import { mayCall } from "../listen/route.ts";
import { actorOf, type SignIn } from "../sign-in/sign-in.ts";
import type { RelayCounts } from "./counts.ts";
import { forwarding } from "./forward.ts";
import { requireUnambiguous } from "./headers.ts";
import { createBodies } from "./request-body.ts";
import { RELAY, relayTarget, tokenInPath, withoutToken } from "./target.ts";
import type { LogThread } from "./thread-log.ts";

/** See {@link createRelay}. */
interface RelayOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly log: Pick<LogThread, "begin">;
  readonly counts: RelayCounts;
  readonly signIn: Pick<SignIn, "token">;
  /** So many requests at once; more are told to come again. */
  readonly openMax: number;
}

/** A relay that is open. */
interface Relay {
  readonly door: Door;
  /** Takes no new requests. @returns when those that are open have ended, at the latest after this time @param graceMs ms */
  stop(graceMs: number): Promise<void>;
}

type DoorRequest = Parameters<Door["answer"]>[0];

/** Opens a relay. */
export function createRelay({ upstreams, log, counts, signIn, openMax }: RelayOptions): Relay {
  const stopped = new AbortController();
  const noting = new Set<Promise<void>>();
  let isStopping = false;
  let emptied = (): void => {};

  const over = (noted: Promise<void> | undefined): void => {
    if (noted !== undefined) noting.add(noted);
    void noted?.then(() => noting.delete(noted));
    if (counts.open() === 0) emptied();
  };

  const untilEmpty = async (limitMs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    emptied = resolve;
    const timer = setTimeout(resolve, limitMs);
    if (counts.open() > 0) await promise;
    clearTimeout(timer);
  };

  const bodies = createBodies();
  const forward = forwarding({ log, counts, bodies, stopped: stopped.signal, over });

  async function answer(asked: DoorRequest): Promise<Response> {
    const { request } = asked;
    requireProgram(request.headers);
    requireUnambiguous(request.headers);
    const rest = admitted(asked, signIn);
    const target = relayTarget(upstreams, request.method, { rest, search: new URL(request.url).search });
    if (isStopping) throw new HttpError(503, "the relay stops", undefined, { "Retry-After": "2" });
    if (counts.open() >= openMax) throw tooMany(`${openMax} requests are open, and no more are taken`, 1_000);
    asked.mayBeQuiet();
    return forward(request, target);
  }

  return {
    door: { prefix: RELAY, shownPath: withoutToken, answer, problem: relayProblem },
    async stop(graceMs) {
      isStopping = true;
      await untilEmpty(graceMs);
      stopped.abort();
      await untilEmpty(ABORT_MS);
      // A thread that hangs, such as on a disk that does not answer, holds nobody up. What it has not noted is told as interrupted.
      await withTimeLimit(() => Promise.all(noting), NEVER, { limitMs: NOTED_MS }).catch(() => {});
    },
  };
}

/** How long it takes until all have heard that the time is over, ms. */
const ABORT_MS = 1_000;

/** How long what has ended may take to be noted, ms. */
const NOTED_MS = 2_000;

const HINT =
  "send one with the role ingest as X-Contextcore-Token, or in the path: /relay/t/TOKEN/UPSTREAM/…; contextcore serve token add NAME --role ingest makes one";

/** @returns the path, without a token @throws HttpError 401 or 403 for who may not use the relay */
function admitted(
  { request, pathname, client, id, calls }: DoorRequest,
  signIn: RelayOptions["signIn"],
): string {
  const { token: inPath, rest } = tokenInPath(pathname);
  const text = inPath ?? request.headers.get("x-contextcore-token");
  if (text === null || text === "") throw new HttpError(401, "this needs a token", HINT);
  const actor = actorOf(known(text, client, signIn), id);
  calls(actor);
  if (mayCall(actor.role, "ingest", false)) return rest;
  throw new HttpError(403, `${actor.user} may not use the relay: that needs the role ingest`);
}

function known(text: string, client: string, signIn: RelayOptions["signIn"]): ReturnType<SignIn["token"]> {
  try {
    return signIn.token(text, client);
  } catch (error) {
    throw error instanceof HttpError && error.status === 401
      ? new HttpError(401, error.message, HINT)
      : error;
  }
}

/** Problem details which clients of models show as they show the refusals of a provider. */
const relayProblem = (error: unknown, id: string): Response =>
  problemResponse(error, id, ({ message, hint }) => ({
    error: { type: "contextcore_relay", message: hint === undefined ? message : `${message}: ${hint}` },
  }));
