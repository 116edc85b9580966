/** What the service answers, as a component uses it: the last answer is shown at once, and replaced by the next. */
import { useEffect, useState } from "preact/hooks";
import { ask } from "./ask.ts";
import { type Problem, problemOf } from "./problem.ts";
import type { AnswerAt } from "./shapes.ts";

/** See {@link useAnswer}. */
export interface Answer<Value> {
  /** The last one; it stays where a later request fails. */
  readonly value: Value | undefined;
  readonly problem: Problem | undefined;
  readonly isLoading: boolean;
  again(): void;
}

/** By path: going back shows at once what was there. */
const known = new Map<string, unknown>();
const KNOWN_MAX = 50;

/** Nothing that was answered to one person is shown to the next. */
export const forgetAnswers = (): void => known.clear();

function keep(path: string, value: unknown): void {
  known.delete(path);
  known.set(path, value);
  const [oldest] = known.keys();
  if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
}

interface Held<Value> {
  readonly path: string | undefined;
  readonly value?: Value;
  readonly problem?: Problem | undefined;
}

/**
 * Asks when the path changes, and again and again where that is wanted, as long as somebody looks.
 * @param path undefined: nothing is asked @param everySeconds how often it is asked again
 */
export function useAnswer<const Path extends string>(
  path: Path | undefined,
  everySeconds?: number,
): Answer<AnswerAt<Path>> {
  type Value = AnswerAt<Path>;
  const [held, setHeld] = useState<Held<Value>>({ path: undefined });
  const [round, setRound] = useState(0);
  const [isLoading, setLoading] = useState(true);

  useEffect(() => {
    if (path === undefined) return setLoading(false);
    const left = new AbortController();
    const look = async (): Promise<void> => {
      setLoading(true);
      try {
        const value = await ask(path, left.signal);
        if (left.signal.aborted) return;
        keep(path, value);
        setHeld({ path, value });
      } catch (error) {
        if (left.signal.aborted) return;
        setHeld((before) => ({ ...(before.path === path ? before : { path }), problem: problemOf(error) }));
      }
      setLoading(false);
    };
    void look();
    const stop = repeated(everySeconds, look);
    return () => {
      left.abort();
      stop();
    };
  }, [path, everySeconds, round]);

  const isOf = held.path === path;
  const value = isOf && "value" in held ? held.value : (known.get(path ?? "") as Value | undefined);
  return {
    value,
    problem: isOf ? held.problem : undefined,
    isLoading,
    again: () => setRound((before) => before + 1),
  };
}

/** @returns what ends it */
function repeated(seconds: number | undefined, look: () => Promise<void>): () => void {
  if (seconds === undefined) return () => {};
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") void look();
  }, seconds * 1_000);
  return () => clearInterval(timer);
}
