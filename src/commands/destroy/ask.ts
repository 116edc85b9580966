import type { Loss } from "../../inventory/losses.ts";
import { RefusedError } from "../../tasks/errors.ts";
import { askForExactly, choose } from "../../terminal/ask.ts";
import { listed } from "../../units/words.ts";
import { type DestroyCall, type DestroyOption, OPTIONS } from "./call.ts";

const LABELS: Readonly<Record<DestroyOption, string>> = {
  1: "Export all telemetry data before destroy",
  2: "Export dashboards only (current behavior)",
  3: "Destroy without export",
};

const FLAGS = "without a terminal: contextcore destroy --option 1|2|3 --confirm NAME";

/** The menu. @param below what stands below an option @throws RefusedError when there is nobody to ask */
export async function askForOption(
  { terminal, signal }: DestroyCall,
  below: (option: DestroyOption) => readonly string[],
): Promise<DestroyOption | undefined> {
  if (!terminal.interactive) throw new RefusedError("which data to save first was not said", FLAGS);
  const choices = OPTIONS.map((value) => ({ value, label: LABELS[value], below: below(value) }));
  return choose<DestroyOption>(terminal, { title: "OPTIONS:", choices, signal });
}

/** Why nothing was destroyed, as the trail keeps it. */
export interface Declined {
  readonly reason: string;
  readonly option?: number;
  /** How often a name was typed that is not the stack's. */
  readonly wrong_names?: number;
}

/** What is to be confirmed. */
export interface Choice {
  readonly option: DestroyOption;
  /** The stack's. */
  readonly name: string;
  /** What is lost for good. */
  readonly losses: readonly Loss[];
}

/**
 * Whether the destruction is confirmed: by `--confirm`, else by a person, who types the name where anything is lost, and
 * where nothing is saved.
 * @returns why it is not; `undefined` when it is
 * @throws RefusedError when `--confirm` names another stack, or there is nobody to ask
 */
export async function whyUnconfirmed(
  { args, terminal, signal }: DestroyCall,
  { option, name, losses }: Choice,
): Promise<Declined | undefined> {
  if (args.confirm !== undefined) {
    if (args.confirm === name) return undefined;
    throw new RefusedError(
      `--confirm ${args.confirm} is not this stack's name`,
      `the stack is called ${name}`,
    );
  }
  if (!terminal.interactive) throw new RefusedError("the destruction was not confirmed", FLAGS);
  if (option !== "3" && losses.length === 0) return undefined;
  const message = `${unsavedText(option, losses)} Type the stack's name (${name}) to destroy it:`;
  const { answer, wrong } = await askForExactly(terminal, { message, expected: name, signal });
  if (answer === "given") return undefined;
  const declined = { reason: "the stack's name was not typed", option: Number(option) };
  return wrong === 0 ? declined : { ...declined, wrong_names: wrong };
}

function unsavedText(option: DestroyOption, losses: readonly Loss[]): string {
  const lost = `what no snapshot holds of ${listed(losses.map(({ backend }) => backend))} will be lost.`;
  if (option !== "3") return `W${lost.slice(1)}`;
  return losses.length === 0 ? "Nothing will be saved." : `Nothing will be saved: ${lost}`;
}
