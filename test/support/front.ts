/** A server between a client and another one, for tests that see, replace or hold back what passes. */

export interface Front extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Answers each request with what the target says to it, unless the test says something else.
 * @param target its URL, or what tells it for each request
 * @param answer may call `pass`, once; before it reads the request's body it makes a clone
 */
export function startFront(
  target: string | (() => string),
  answer: (request: Request, pass: () => Promise<Response>) => Response | Promise<Response> = (_, pass) =>
    pass(),
): Front {
  const targetNow = typeof target === "string" ? () => target : target;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => answer(request, () => passOn(targetNow(), request)),
  });
  const stop = (): Promise<void> => server.stop(true);
  return { url: server.url.origin, stop, [Symbol.asyncDispose]: stop };
}

/** Hands a request on to another server, and its answer back, both as they are. */
export async function passOn(target: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const { method, headers } = request;
  const body = await request.bytes();
  const sent = body.length === 0 ? {} : { body };
  return fetch(`${target}${pathname}${search}`, {
    method,
    headers,
    ...sent,
    redirect: "manual",
    decompress: false,
  });
}
