/** A stream that says when it begins and how it ends, and is otherwise what it was: the same object, with all that it can. */
import type { RunEnded } from "../log.ts";
import { endOfFailure } from "./failure.ts";

/** Who is told. Of several ends the first counts. */
interface Watcher {
  begun(): void;
  end(ended: RunEnded): void;
}

/** @returns the stream; of one that cannot be watched nobody knows more than that it came */
export function notedStream<Stream extends AsyncIterable<unknown>>(stream: Stream, watcher: Watcher): Stream {
  try {
    // A generator is its own iterator, whose `next` may be called by itself.
    if (isIterator(stream)) override(stream, watching(bound(stream), watcher));
    else {
      const iterate = stream[Symbol.asyncIterator].bind(stream);
      override(stream, { [Symbol.asyncIterator]: () => iterator(iterate(), watcher) });
    }
  } catch {
    watcher.end({ status: "ok" });
  }
  return stream;
}

type Iterator = AsyncIterator<unknown, unknown, unknown>;

const isIterator = (stream: object): stream is Iterator & object =>
  "next" in stream && typeof stream.next === "function";

function override(stream: object, members: object): void {
  for (const key of Reflect.ownKeys(members)) {
    const value: unknown = Reflect.get(members, key);
    Object.defineProperty(stream, key, { value, configurable: true, writable: true });
  }
}

function iterator(inner: Iterator, watcher: Watcher): AsyncIterableIterator<unknown> {
  const outer = watching(bound(inner), watcher);
  return { ...outer, [Symbol.asyncIterator]: () => iterator(inner, watcher) };
}

/** As it was before anything was put in its place. */
const bound = (inner: Iterator): Iterator => ({
  next: inner.next.bind(inner),
  ...(inner.return && { return: inner.return.bind(inner) }),
  ...(inner.throw && { throw: inner.throw.bind(inner) }),
});

/** What the stream says while it ends still counts, so that the end is told after it. */
function watching(inner: Iterator, { begun, end }: Watcher): Required<Iterator> {
  const step = async (taken: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> => {
    try {
      const result = await taken;
      if (result.done === true) end({ status: "ok" });
      else begun();
      return result;
    } catch (error) {
      end(endOfFailure(error));
      throw error;
    }
  };
  return {
    next: (...sent) => step(inner.next(...sent)),
    async return(value) {
      try {
        return (await inner.return?.(value)) ?? { done: true, value };
      } finally {
        end({ status: "cancelled" });
      }
    },
    async throw(error) {
      if (inner.throw !== undefined) return step(inner.throw(error));
      end(endOfFailure(error));
      throw error;
    },
  };
}
