import type { Answer } from "../tasks/task/task.ts";
import { askForExactly } from "../terminal/ask.ts";
import type { Call } from "./command.ts";

/** Whether a person types exactly this name. The trail records how often another one was typed. */
export async function typedName(
  { terminal, signal }: Pick<Call, "terminal" | "signal">,
  { name, message }: { readonly name: string; readonly message: string },
): Promise<Answer> {
  const { answer, wrong } = await askForExactly(terminal, { message, expected: name, signal });
  if (answer === "given") return { agrees: true };
  return {
    agrees: false,
    outcome: "cancelled",
    ...(answer === "no" ? { isNo: true } : {}),
    details: wrong === 0 ? {} : { wrong_names: wrong },
  };
}
