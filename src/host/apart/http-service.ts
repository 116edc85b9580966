/** Makes the calls that a plugin's process requests: with the instance's credentials, to its own server. */
import * as v from "valibot";
import type { Context, HttpAnswer, HttpClient } from "../../contract/contract.ts";
import { bodySchema, httpSchema } from "./messages.ts";
import type { Handlers } from "./peer.ts";

/** Answers not read to their end; each holds a connection. */
const OPEN_MAX = 512;

interface Body {
  readonly pieces: AsyncIterator<Uint8Array>;
  readonly cancel: () => void;
}

type ContextOf = (instance: number) => Pick<Context<unknown>, "http" | "clock">;

/** The handlers of `http.send`, `http.read` and `http.cancel`, and a function that ends everything in progress. */
export function createHttpService(contextOf: ContextOf): { calls: Handlers["calls"]; end(): void } {
  const bodies = new Map<number, Body>();
  let sent = 0;
  const send = async (input: unknown, signal: AbortSignal) => {
    const { instance, base, request } = v.parse(httpSchema, input);
    const { http, clock } = contextOf(instance);
    if (bodies.size >= OPEN_MAX)
      throw new Error(`${OPEN_MAX} answers of its server are not read to their end`);
    const whole = new AbortController();
    const cancel = (): void => whole.abort(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    const answer = await clientFor(http, base).send({ ...request, signal: whole.signal });
    signal.removeEventListener("abort", cancel);
    const body = ++sent;
    const pieces = answer.body[Symbol.asyncIterator]();
    // Nobody reads what is not there, so it would be kept for ever.
    if (isEmpty(answer)) await pieces.next();
    else bodies.set(body, { pieces, cancel: () => whole.abort() });
    return { status: answer.status, headers: [...answer.headers], body, now: clock() };
  };
  const read = async (input: unknown): Promise<Uint8Array | undefined> => {
    const { body } = v.parse(bodySchema, input);
    const piece = await bodies
      .get(body)
      ?.pieces.next()
      .catch((error: unknown) => {
        bodies.delete(body);
        throw error;
      });
    if (piece?.done === false) return piece.value;
    bodies.delete(body);
    return undefined;
  };
  const cancel = async (input: unknown): Promise<void> => {
    const { body } = v.parse(bodySchema, input);
    bodies.get(body)?.cancel();
    bodies.delete(body);
  };
  return {
    calls: { "http.send": send, "http.read": read, "http.cancel": cancel },
    end: () => {
      for (const body of bodies.values()) body.cancel();
      bodies.clear();
    },
  };
}

const isEmpty = ({ status, headers }: HttpAnswer): boolean =>
  [101, 204, 205, 304].includes(status) || headers.get("content-length") === "0";

const clientFor = (http: HttpClient, base: string | undefined): HttpClient =>
  base === undefined ? http : http.at(base);
