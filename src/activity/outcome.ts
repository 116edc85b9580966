/** How a run ended, by what came back. */
import type { RunEnded } from "./log.ts";
import type { AnswerRead } from "./stream/exchange.ts";

/** What the server said before its answer. */
interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
}

/** A refusal says why in its body; a stream that stops before its end was cut. */
export function outcomeOf({ status, statusText }: AnswerHead, read: AnswerRead): RunEnded {
  const { isWhole, cutBytes, ...answer } = read;
  const said = { answer, cutBytes };
  const failed = (name: string, text: string) =>
    ({ ...said, status: "error", error: answer.error ?? { class: name, text } }) as const;
  if (status < 200 || status > 299) return failed(`http_${status}`, statusText);
  if (answer.error !== undefined) return failed("error", "");
  // One that is too large to be read has come all the same.
  const isUnread = cutBytes > 0 && answer.output.length === 0;
  if (isWhole || isUnread) return { ...said, status: "ok" };
  return failed("cut", "the answer stopped before its end");
}
