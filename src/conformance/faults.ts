/** Server faults that can wrap any request handler: a lab, or a proxy to a real server. */
import * as v from "valibot";

/** One fault, for calls whose path matches. `mute`: what the server would fail at (500) it never answers. */
export const faultSchema = v.strictObject({
  kind: v.picklist(["latency", "status", "page", "empty", "half", "cut", "trickle", "hang", "mute"]),
  /** A regular expression matched against path and query. Default: every call. */
  path: v.optional(v.string(), ""),
  /** How many calls it strikes. Default: unlimited. */
  times: v.optional(v.number()),
  /** Number of matching calls to let through first. */
  after: v.optional(v.number(), 0),
  /** `latency`: the delay, ms. `trickle`: the pause between bytes, ms. */
  ms: v.optional(v.number(), 100),
  status: v.optional(v.number(), 500),
  /** Retry-After of a `status`, s. */
  retryAfter: v.optional(v.number()),
  body: v.optional(v.string(), "a fault of the lab"),
});
type Fault = v.InferOutput<typeof faultSchema>;
/** A fault as it is written down, without what has a default: see {@link faultSchema}. */
export type FaultOptions = v.InferInput<typeof faultSchema>;

/** A server as a function, in the form that `Bun.serve` takes. */
export type Handle = (request: Request) => Promise<Response>;

/** The faults that strike a handler now. Of several that match a call, the one that was added first strikes. */
export interface Faults {
  /** Adds a fault. Call the result to remove it. */
  add(fault: FaultOptions): () => void;
  clear(): void;
  /** Number of calls struck since the last `clear`. */
  readonly struck: number;
  /** Wraps the handler with the faults. */
  around(handle: Handle): Handle;
}

/** A list of faults that can change while the server runs. */
export function createFaults(): Faults {
  const active = new Set<Fault & { seen: number }>();
  let struck = 0;
  return {
    add(options) {
      const fault = { ...v.parse(faultSchema, options), seen: 0 };
      active.add(fault);
      return () => active.delete(fault);
    },
    clear() {
      active.clear();
      struck = 0;
    },
    get struck() {
      return struck;
    },
    around: (handle) => async (request) => {
      const { pathname, search } = new URL(request.url);
      const fault = [...active].find((one) => strikes(one, decodeURIComponent(pathname + search)));
      if (fault === undefined) return handle(request);
      struck += 1;
      return STRIKE[fault.kind](fault, request, handle);
    },
  };
}

function strikes(fault: Fault & { seen: number }, path: string): boolean {
  if (!new RegExp(fault.path).test(path)) return false;
  fault.seen += 1;
  return fault.seen > fault.after && fault.seen - fault.after <= (fault.times ?? Number.POSITIVE_INFINITY);
}

type Strike = (fault: Fault, request: Request, handle: Handle) => Promise<Response>;

const STRIKE: Readonly<Record<Fault["kind"], Strike>> = {
  async latency({ ms }, request, handle) {
    await Bun.sleep(ms);
    return handle(request);
  },
  async status({ status, retryAfter, body }) {
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return new Response(body, {
      status,
      headers: retryAfter === undefined ? headers : { ...headers, "retry-after": String(retryAfter) },
    });
  },
  page: async () =>
    new Response("<!doctype html><title>Sign in</title>", { headers: { "content-type": "text/html" } }),
  empty: async () => new Response("", { headers: { "content-type": "application/json" } }),
  async half(_, request, handle) {
    const { bytes, init } = await whole(await handle(request));
    return new Response(bytes.subarray(0, bytes.length >> 1), init);
  },
  async cut(_, request, handle) {
    const { bytes, init } = await whole(await handle(request));
    return new Response(cutStream(bytes.subarray(0, bytes.length >> 1)), init);
  },
  async trickle({ ms }, request, handle) {
    const { bytes, init } = await whole(await handle(request));
    return new Response(slowStream(bytes, ms), init);
  },
  hang: () => new Promise<Response>(() => undefined),
  async mute(fault, request, handle) {
    const answer = await handle(request);
    return answer.status < 500 ? answer : STRIKE.hang(fault, request, handle);
  },
};

async function whole(answer: Response): Promise<{ bytes: Uint8Array<ArrayBuffer>; init: ResponseInit }> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const headers = new Headers(answer.headers);
  for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  return { bytes, init: { status: answer.status, headers } };
}

function cutStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = false;
  return new ReadableStream({
    async pull(controller) {
      if (!sent) controller.enqueue(bytes);
      else controller.error(new Error("the lab cut the connection"));
      sent = true;
      await Bun.sleep(5);
    },
  });
}

function slowStream(bytes: Uint8Array, pauseMs: number): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream({
    async pull(controller) {
      if (position >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(position, ++position));
      await Bun.sleep(pauseMs);
    },
  });
}
