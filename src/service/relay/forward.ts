/** One request through the relay: what is sent, what comes back, and how it ended. */
import type { Upstream } from "../../config/upstreams.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { startDeadline, withTimeLimit } from "../../units/time-limit.ts";
import { HttpError } from "../listen/problem.ts";
import type { RelayCounts } from "./counts.ts";
import { answerHeaders, requestHeaders } from "./headers.ts";
import { passing, SilentError } from "./passing.ts";
import type { AnswerHead, Origin, PassageEnd } from "./recording.ts";
import type { Bodies } from "./request-body.ts";
import { keptContentOf, saidIn } from "./said.ts";
import type { RelayTarget } from "./target.ts";
import type { LogThread } from "./thread-log.ts";

/** What all requests share. */
interface Surroundings {
  readonly log: Pick<LogThread, "begin">;
  readonly counts: RelayCounts;
  readonly bodies: Bodies;
  /** Aborted when the time that open requests have is over. */
  readonly stopped: AbortSignal;
  /** Called when a request has ended. @param noted when all of it is */
  over(noted: Promise<void> | undefined): void;
}

/** @returns what forwards a request. It throws HttpError where nothing can be answered */
export const forwarding =
  (shared: Surroundings) =>
  async (request: Request, target: RelayTarget): Promise<Response> => {
    const call = openCall(shared, request, target);
    try {
      return call.answered(await call.asked());
    } catch (error) {
      throw problemOf(call.failed(error), target.upstream);
    }
  };

function openCall(
  { log, counts, bodies, stopped, over }: Surroundings,
  request: Request,
  target: RelayTarget,
) {
  const { upstream, asks } = target;
  const { signal: left } = request;
  const origin = originOf(request.headers, upstream);
  if (origin.entity === undefined && request.headers.get("x-contextcore-entity"))
    counts.malformed(upstream.name);
  const counted = counts.begin(upstream.name, asks === undefined ? "other" : "run");
  const exchange = asks === undefined ? undefined : log.begin(asks, origin);
  const deadline = startDeadline(silence(upstream), AbortSignal.any([left, stopped]));
  const body = bodies.open();

  const ended = (ending: PassageEnd, status = 0): void => {
    body.release();
    deadline.end();
    const noted = exchange?.end(ending);
    counted.end(ending.how === "passed" ? (status < 400 ? "ok" : "refused") : ending.how);
    over(noted);
  };

  const endingOf = (error: unknown): PassageEnd => {
    if (left.aborted) return { how: "left" };
    if (stopped.aborted) return { how: "stopped" };
    const name = error instanceof SilentError ? "timeout" : "connection";
    return { how: "failed", class: name, text: messageOf(error) };
  };

  return {
    async asked(): Promise<Response> {
      const passed = (bytes: number): void => {
        counted.sent(bytes);
        deadline.restart();
      };
      const taken = () => body.take(request, asks !== undefined, passed);
      const outgoing = await withTimeLimit(taken, deadline.signal, { limitMs: Number.POSITIVE_INFINITY });
      const answer = sent(request, target, outgoing.body, deadline.signal);
      // It is read while it is on its way.
      exchange?.asked(outgoing.held, outgoing.bytes);
      return answer;
    },
    answered(answer: Response): Response {
      const { body: answered, status, statusText } = answer;
      body.release();
      exchange?.answered(headOf(answer));
      const headers = answerHeaders(answer.headers);
      if (answered === null) ended({ how: "passed" }, status);
      const each = (bytes: Uint8Array): void => {
        counted.received(bytes.length);
        exchange?.take(bytes);
      };
      const close = (ending: PassageEnd): void => ended(ending, status);
      const stream = answered && passing(answered, { deadline, each, ended: close, endingOf });
      return new Response(stream, { status, statusText, headers });
    },
    failed(error: unknown): PassageEnd {
      const ending = endingOf(deadline.signal.aborted ? deadline.signal.reason : error);
      ended(ending);
      return ending;
    },
  };
}

const headOf = ({ status, statusText, headers }: Response): AnswerHead => ({
  ...{ status, statusText, mediaType: headers.get("content-type") ?? "" },
  coding: headers.get("content-encoding"),
});

/** As it is: neither Bun's own limits, nor what it does to an answer by itself. Where the upstream sends us is the caller's affair. */
const AS_IT_IS: object = { decompress: false, timeout: false, redirect: "manual" };

const sent = (
  { method, headers }: Request,
  { url }: RelayTarget,
  body: Uint8Array | ReadableStream<Uint8Array> | undefined,
  signal: AbortSignal,
): Promise<Response> =>
  fetch(url, { method, headers: requestHeaders(headers), signal, ...given({ body }), ...AS_IT_IS });

const originOf = (headers: Headers, { name, provider, content }: Upstream): Origin => ({
  ...{ upstream: name, started: Date.now(), content: keptContentOf(headers, content) },
  ...given({ provider }),
  ...saidIn(headers),
});

const silence = ({ name, silentMs }: Upstream) => ({
  limitMs: silentMs,
  late: () => new SilentError(`${name} was silent for ${silentMs / 1_000} s`),
  isAwaited: false,
});

/** What its caller is told where there is no answer. Nobody hears it who has left. */
function problemOf(ending: PassageEnd, { name, url }: Upstream): HttpError {
  if (ending.how === "left") return new HttpError(499, "the caller has left");
  if (ending.how !== "failed")
    return new HttpError(503, "the relay stops", undefined, { "Retry-After": "2" });
  if (ending.class === "timeout") return new HttpError(504, ending.text, SILENT_HINT);
  return new HttpError(502, `${name} gave no answer: ${ending.text}`, `the relay asked ${url}`);
}

const SILENT_HINT = "how long that may be stands as `timeout` below `activity.upstreams`";
