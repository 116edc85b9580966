/** An answer on its way to the caller: byte for byte, and only as fast as it is read. */
import type { Deadline } from "../../units/time-limit.ts";
import type { PassageEnd } from "./recording.ts";

/** See {@link passing}. */
interface Passage {
  /** Of the whole request; each byte begins it anew. When it ends, its reason says why. */
  readonly deadline: Deadline;
  each(bytes: Uint8Array): void;
  /** Called once. */
  ended(ending: PassageEnd): void;
  /** What it means that it ended with this error. */
  endingOf(error: unknown): PassageEnd;
}

/** Nothing is read before it is asked for: a caller that does not read holds the upstream up, as it would without us. */
export function passing(
  body: ReadableStream<Uint8Array>,
  { deadline, each, ended, endingOf }: Passage,
): ReadableStream<Uint8Array> {
  const source = body.getReader();
  let [isReading, isOver] = [false, false];

  const finish = (ending: PassageEnd): void => {
    if (isOver) return;
    isOver = true;
    deadline.end();
    ended(ending);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // While a piece is waited for, the reading fails by itself; otherwise it is the caller who has stopped reading.
        deadline.signal.addEventListener("abort", () => {
          if (isReading || isOver) return;
          const { reason } = deadline.signal;
          finish(reason instanceof SilentError ? { how: "left" } : endingOf(reason));
          controller.error();
        });
      },
      async pull(controller) {
        isReading = true;
        try {
          const { done, value } = await source.read();
          deadline.restart();
          if (done) {
            finish({ how: "passed" });
            controller.close();
          } else {
            controller.enqueue(value);
            each(value);
          }
        } catch (error) {
          finish(endingOf(deadline.signal.aborted ? deadline.signal.reason : error));
          // Without an end, the connection breaks, as the upstream's did.
          controller.error();
        } finally {
          isReading = false;
        }
      },
      async cancel() {
        finish({ how: "left" });
        deadline.stop();
        await source.cancel().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

/** Nothing has passed for too long. */
export class SilentError extends Error {
  override readonly name = "SilentError";
}
