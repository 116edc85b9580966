/** Runs that are noted by hand, for clients that take no `fetch`. */
import { given } from "../../units/given.ts";
import type { ActivityLog, NewRun, OpenRun, RunEnded } from "../log.ts";
import { endOfFailure } from "./failure.ts";
import { notedStream } from "./noted-stream.ts";

/** What is said of a run that is noted by hand. */
interface RunByHand extends Partial<Omit<NewRun, "source" | "asked">> {
  readonly model?: string;
  readonly input: NewRun["asked"]["input"];
}

/** What the work is given. */
interface RunOfWork extends Pick<OpenRun, "id" | "firstChunk"> {
  /** The answer, as far as it is known; the last one counts. */
  answer(answer: NonNullable<RunEnded["answer"]>): void;
}

/**
 * Notes a run by hand: its end is that of the work, whose error is passed on. Where the work gives a stream (an async iterable), it is
 * the end of that: once it was read with `for await` to its end, has failed, or was left.
 * @param work gets what takes the answer, which it may say until then
 */
export async function withRun<Result>(
  log: ActivityLog,
  { model, input, operation = "chat", ...said }: RunByHand,
  work: (run: RunOfWork) => Promise<Result>,
): Promise<Result> {
  const run = log.begin({
    ...{ ...said, operation, source: "wrapper" },
    asked: { input, isStream: false, ...given({ model }) },
  });
  let answered: RunEnded["answer"];
  const end = (ended: RunEnded): void => run.end({ ...ended, ...given({ answer: answered }) });
  const answer = (known: RunEnded["answer"]): void => {
    answered = known;
  };
  try {
    const result = await work({ id: run.id, firstChunk: run.firstChunk, answer });
    if (isStream(result)) return notedStream(result, { begun: run.firstChunk, end });
    end({ status: "ok" });
    return result;
  } catch (error) {
    end(endOfFailure(error));
    throw error;
  }
}

const isStream = (result: unknown): result is AsyncIterable<unknown> =>
  typeof result === "object" &&
  result !== null &&
  Symbol.asyncIterator in result &&
  typeof result[Symbol.asyncIterator] === "function";
