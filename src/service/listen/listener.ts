/** The HTTP server: where it listens, and its end. It knows routes, and no resources. */
import { messageOf } from "../../units/message-of.ts";
import { systemCode } from "../../units/system-refusal.ts";
import { answering, type CourseOptions } from "./course.ts";
import type { Reach } from "./origin.ts";
import { problemResponse } from "./problem.ts";
import { createOpenStreams } from "./streams.ts";

/** See {@link startListening}. */
export interface ListenOptions extends CourseOptions {
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server that listens. */
interface Listener {
  readonly url: string;
  /** Takes no new requests, ends the streams, and waits for the other answers that long. */
  stop(graceMs: number): Promise<void>;
}

/** The service cannot listen there. Exit code 1. */
class ListenError extends Error {
  override readonly name = "ListenError";
  readonly hint: string;

  constructor(message: string, hint: string, cause: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** How long half a request, or a quiet connection, is waited for. seconds */
const IDLE_SECONDS = 10;

/** Listens. @throws ListenError when the address is taken, or none of this machine */
export function startListening(options: ListenOptions): Listener {
  const streams = createOpenStreams();
  const answer = answering(options, streams);
  const { reach, tls } = options;
  const { host, port } = reach.address;
  const server = started(reach, () =>
    Bun.serve({
      hostname: host.replace(/^\[|\]$/g, ""),
      port,
      idleTimeout: IDLE_SECONDS,
      // Bodies are bounded where they are read, so that the answer says so.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      ...(tls === undefined ? {} : { tls: { ...tls } }),
      fetch: answer,
      error: (error) => problemResponse(error, ""),
    }),
  );
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${server.port}`,
    async stop(graceMs) {
      streams.end();
      const timer = setTimeout(() => void server.stop(true), graceMs);
      await server.stop();
      clearTimeout(timer);
    },
  };
}

function started<Started>({ address: { host, port } }: Reach, start: () => Started): Started {
  try {
    return start();
  } catch (error) {
    const code = systemCode(error);
    const taken = "another service, or another program; end it, or name another address: --listen";
    if (code === "EADDRINUSE") throw new ListenError(`${host}:${port} is taken`, taken, error);
    const hint = "name an address of this machine, and a port that this user may use: --listen";
    throw new ListenError(`cannot listen on ${host}:${port}: ${messageOf(error)}`, hint, error);
  }
}
