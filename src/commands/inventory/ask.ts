import { type Finding, survey } from "../../inventory/survey.ts";
import type { OpenPlugins } from "../../plugin/open.ts";
import type { Call } from "../command.ts";

/** Asks every backend what it holds; on a terminal a line says which have not answered yet. */
export async function askBackends(
  { terminal, signal }: Call,
  stack: Pick<OpenPlugins, "backends" | "failures">,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  const asked = new Set(stack.backends.map(({ name }) => name));
  const show = () =>
    terminal.pin(asked.size === 0 ? [] : [terminal.noteColors.dim(`asking ${[...asked].join(", ")}`)]);
  const onAnswer = (name: string) => {
    asked.delete(name);
    show();
  };
  show();
  try {
    return await survey(stack, { signal, timeoutMs, onAnswer });
  } finally {
    terminal.pin([]);
  }
}
