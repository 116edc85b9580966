/** A child process's side: it answers questions, one at a time, until nobody asks any more. */
import * as v from "valibot";
import { type Question, questionSchema } from "./messages.ts";

const BEAT_MS = 250;

/** True in a process that was started by {@link startChild}. */
export const isChild = (): boolean => process.send !== undefined;

/**
 * Never resolves: it ends with the asking process, whatever the plugin has still open. Call it before any of the plugin's
 * code has run: what that may not use is taken hold of here.
 * @param end the exit code for an error that ends everything, after it was shown
 */
export async function answerQuestions(
  handle: (question: Question) => Promise<object>,
  end: (error: unknown) => number,
): Promise<never> {
  const exit = process.exit.bind(process);
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error("nobody asks this process");
  const beat = (): void => void send({ beat: process.memoryUsage.rss() });
  beat();
  setInterval(beat, BEAT_MS);
  process.on("message", (message) => {
    void handle(v.parse(questionSchema, message))
      .catch((error: unknown) => ({
        ended: end(error),
        message: error instanceof Error ? error.message : String(error),
      }))
      .then((answer) => send(answer));
  });
  process.on("disconnect", () => exit(0));
  return new Promise(() => undefined);
}
