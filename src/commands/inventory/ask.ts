import type { OpenPlugins } from "../../host/open.ts";
import { type Finding, survey } from "../../inventory/survey.ts";
import type { Call } from "../command.ts";

/** A wait of so many seconds is told with its length. */
const SINCE_TOLD = 2;

/** Asks every backend what it holds; on a terminal a line says which have not answered yet. */
export async function askBackends(
  { terminal, signal }: Call,
  stack: Pick<OpenPlugins, "backends" | "failures">,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const asked = new Set(stack.backends.map(({ name }) => name));
  const began = performance.now();
  const show = () => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const since = seconds < SINCE_TOLD ? "" : `, for ${seconds}s`;
    terminal.pin(
      asked.size === 0 ? [] : [terminal.noteColors.dim(`asking ${[...asked].join(", ")}${since}`)],
    );
  };
  const timer = setInterval(show, 1000);
  const onAnswer = (name: string) => {
    asked.delete(name);
    show();
  };
  show();
  try {
    return await survey(stack, { signal, timeoutMs, onAnswer });
  } finally {
    clearInterval(timer);
    terminal.pin([]);
  }
}
