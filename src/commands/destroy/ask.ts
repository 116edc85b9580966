import { RefusedError } from "../../tasks/errors.ts";
import { askForExactly, choose } from "../../terminal/ask.ts";
import type { DestroyCall } from "./index.ts";

export type DestroyOption = "1" | "2" | "3";

const FLAGS = "without a terminal: contextcore destroy --option 1|2|3 --confirm NAME";

/** The menu. @throws RefusedError when there is nobody to ask */
export async function askForOption({ terminal, signal }: DestroyCall): Promise<DestroyOption | undefined> {
  if (!terminal.interactive) throw new RefusedError("which data to save first was not said", FLAGS);
  return choose<DestroyOption>(terminal, {
    title: "OPTIONS:",
    choices: [
      { value: "1", label: "Export all telemetry data before destroy" },
      { value: "2", label: "Export dashboards only (current behavior)" },
      { value: "3", label: "Destroy without export" },
    ],
    signal,
  });
}

/** Why nothing was destroyed, as the trail keeps it. */
export interface Declined {
  readonly reason: string;
  readonly option?: number;
  /** How often a name was typed that is not the stack's. */
  readonly wrong_names?: number;
}

/**
 * Whether the destruction is confirmed: by `--confirm`, else by a person; only option 3, which saves nothing, has the
 * name typed.
 * @returns why it is not; `undefined` when it is
 * @throws RefusedError when `--confirm` names another stack, or there is nobody to ask
 */
export async function whyUnconfirmed(
  call: DestroyCall,
  option: DestroyOption,
  name: string,
): Promise<Declined | undefined> {
  const { args, terminal, signal } = call;
  if (args.confirm !== undefined) {
    if (args.confirm === name) return undefined;
    throw new RefusedError(
      `--confirm ${args.confirm} is not this stack's name`,
      `the stack is called ${name}`,
    );
  }
  if (!terminal.interactive) throw new RefusedError("the destruction was not confirmed", FLAGS);
  if (option !== "3") return undefined;
  const message = `Nothing will be saved. Type the stack's name (${name}) to destroy it:`;
  const { given, wrong } = await askForExactly(terminal, { message, expected: name, signal });
  if (given) return undefined;
  const declined = { reason: "the stack's name was not typed", option: Number(option) };
  return wrong === 0 ? declined : { ...declined, wrong_names: wrong };
}
