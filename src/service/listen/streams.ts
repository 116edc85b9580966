/** OpenStreams of server-sent events that are open, and their end. */
import { errorJson } from "../../terminal/show-error.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { tooMany } from "./problem.ts";
import type { StreamEvent } from "./route.ts";

/** Who reads a stream. */
interface Reader {
  readonly user: string;
  /** Whether the token or the session still counts. */
  counts(): boolean;
}

/** All streams of the service. */
export interface OpenStreams {
  /** @param reader whose streams are counted, and end once they count no more @throws HttpError when too many are open */
  open(reader: Reader, events: (signal: AbortSignal) => AsyncIterable<StreamEvent>): Response;
  /** Ends all of them; their readers are told to come again. */
  end(): void;
  readonly count: number;
}

/** How many may be open, of all callers and of one. */
const STREAMS_MAX = 200;
const OF_ONE_MAX = 50;

/** How often a quiet stream says that it is there, so that a reader that went away is noticed. ms */
const QUIET_MS = 15_000;

/** When a reader comes again, ms. */
const AGAIN_MS = 2_000;

/** How long a stream may go on whose reader's token counts no more, ms. */
const LOOK_MS = 1_000;

/** Keeps the streams of one service. */
export function createOpenStreams(): OpenStreams {
  const open = new Map<AbortController, Reader>();
  const looking = setInterval(() => {
    for (const [controller, reader] of open) if (!stillCounts(reader)) controller.abort(NO_MORE);
  }, LOOK_MS);
  looking.unref();
  return {
    get count() {
      return open.size;
    },
    open(reader, events) {
      const own = [...open.values()].filter(({ user }) => user === reader.user).length;
      if (open.size >= STREAMS_MAX || own >= OF_ONE_MAX)
        throw tooMany(`${own >= OF_ONE_MAX ? own : open.size} streams are open, and no more are`, AGAIN_MS);
      const controller = new AbortController();
      open.set(controller, reader);
      const texts = spoken(events(controller.signal), controller.signal);
      return streamed(texts, () => {
        open.delete(controller);
        controller.abort();
      });
    },
    end() {
      clearInterval(looking);
      for (const controller of open.keys()) controller.abort();
    },
  };
}

const NO_MORE = new Error("the token that this stream was opened with counts no more");

/** Where nobody can be asked, such as the database, nobody counts. */
function stillCounts(reader: Reader): boolean {
  try {
    return reader.counts();
  } catch {
    return false;
  }
}

/** Their text, with a comment where nothing happens for long; a stream that ends tells when to come again. */
async function* spoken(events: AsyncIterable<StreamEvent>, signal: AbortSignal): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]();
  const quiet = new Error("quiet");
  try {
    yield `retry: ${AGAIN_MS}\n\n`;
    for (let next = iterator.next(); ; ) {
      try {
        const said = await withTimeLimit(() => next, signal, { limitMs: QUIET_MS, late: () => quiet });
        if (said.done) return;
        next = iterator.next();
        yield eventText(said.value);
      } catch (error) {
        if (signal.reason === NO_MORE) yield eventText({ event: "failed", data: errorJson(NO_MORE) });
        if (signal.aborted) return;
        yield error === quiet ? ": quiet\n\n" : eventText({ event: "failed", data: errorJson(error) });
        if (error !== quiet) return;
      }
    }
  } finally {
    // A source that waits for something hears the signal; it is not waited for.
    iterator.return?.(undefined).catch(() => {});
  }
}

/** JSON holds no line ends, so an event is a line each. */
const eventText = ({ event, id, data }: StreamEvent): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** At the reader's pace. @param left called once, however it ends */
function streamed(texts: AsyncGenerator<string>, left: () => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await texts.next().catch(() => ({ value: undefined, done: true }));
        if (!done && value !== undefined) return controller.enqueue(encoder.encode(value));
        left();
        controller.close();
      },
      async cancel() {
        left();
        await texts.return(undefined);
      },
    },
    { highWaterMark: 1 },
  );
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}
