import type { OpenPlugins } from "../../host/open.ts";
import { type Finding, survey } from "../../inventory/survey.ts";
import { waitForOn } from "../../terminal/progress.ts";
import type { Call } from "../command.ts";

/** Asks every backend what it holds; on a terminal a line says which have not answered yet. */
export async function askBackends(
  { terminal, signal }: Pick<Call, "terminal" | "signal">,
  stack: Pick<OpenPlugins, "backends" | "failures">,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  using wait = waitForOn(terminal)(stack.backends.map(({ name }) => name));
  return await survey(stack, { signal, timeoutMs, onAnswer: wait.answered });
}
