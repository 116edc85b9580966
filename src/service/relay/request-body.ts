/** The body of a request on its way to the upstream: held where it is to be read, and otherwise passed on as it comes. */

/** A body that is read: as large as a request with several pictures. Bytes */
const HELD_MAX = 32 << 20;
/** Of all requests together; what comes beyond it passes unread. Bytes */
const ALL_HELD_MAX = 256 << 20;

/** What goes to the upstream. */
interface Outgoing {
  readonly body?: Uint8Array | ReadableStream<Uint8Array>;
  /** Absent: it passes unread. */
  readonly held?: Uint8Array;
  /** Of what is held, or of what was said in `Content-Length`. */
  readonly bytes: number;
}

/** The body of one request. */
interface OpenBody {
  /** @param isRead whether the body is of interest @param each hears of bytes that pass */
  take(request: Request, isRead: boolean, each: (bytes: number) => void): Promise<Outgoing>;
  /** What is held is not needed any more, and nothing more of this body is held. Again, it does nothing. */
  release(): void;
}

/** See {@link createBodies}. */
export interface Bodies {
  /** Whoever opens one releases it, however the request ends. */
  open(): OpenBody;
}

type Source = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** What one body holds of what all may. */
interface Share {
  /** @returns false where there is no room */
  hold(bytes: number): boolean;
  free(bytes: number): void;
  end(): void;
}

/** Keeps the sum of what is held, piece by piece. @param limits bytes */
export function createBodies({ one, all } = { one: HELD_MAX, all: ALL_HELD_MAX }): Bodies {
  let sum = 0;

  const share = (): Share => {
    let [mine, isOver] = [0, false];
    const free = (bytes: number): void => {
      const less = Math.min(bytes, mine);
      mine -= less;
      sum -= less;
    };
    return {
      hold(bytes) {
        if (isOver || mine + bytes > one || sum + bytes > all) return false;
        mine += bytes;
        sum += bytes;
        return true;
      },
      free,
      end() {
        isOver = true;
        free(mine);
      },
    };
  };

  return {
    open() {
      const held = share();
      return {
        async take({ body, headers }, isRead, each) {
          const declared = Number(headers.get("content-length") ?? 0);
          if (body === null) return { bytes: 0 };
          const source = body.getReader();
          if (!isRead || declared > one)
            return { body: passing(source, [], { each, free: held.free }), bytes: declared };
          const found = await whole(source, held);
          if (Array.isArray(found))
            return { body: passing(source, found, { each, free: held.free }), bytes: declared };
          each(found.length);
          return { body: found, held: found, bytes: found.length };
        },
        release: held.end,
      };
    },
  };
}

/** @returns the body, or what came of it until there was no more room */
async function whole(source: Source, { hold }: Share): Promise<Uint8Array | Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await source.read();
    if (done) return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    pieces.push(value);
    if (!hold(value.length)) return pieces;
  }
}

/** @param first what was read already */
function passing(
  source: Source,
  first: readonly Uint8Array[],
  { each, free }: { readonly each: (bytes: number) => void; readonly free: (bytes: number) => void },
): ReadableStream<Uint8Array> {
  const waiting = [...first];
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const held = waiting.shift();
        free(held?.length ?? 0);
        const value = held ?? (await source.read()).value;
        if (value === undefined) return controller.close();
        each(value.length);
        controller.enqueue(value);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
