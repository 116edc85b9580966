/** What a person is asked before a stack is destroyed, and the flags that answer in a script. */
import { DESTROY_OPTIONS, type DestroyOption, losingLines, lossesWith } from "../../destroy/losing.ts";
import type { Loss } from "../../inventory/losses.ts";
import type { Taken } from "../../inventory/taken.ts";
import type { AllTheSame, DestroyPlan } from "../../tasks/destroy.ts";
import { RefusedError } from "../../tasks/task/errors.ts";
import type { Answer } from "../../tasks/task/task.ts";
import { choose } from "../../terminal/ask.ts";
import { listed } from "../../units/words.ts";
import type { Call } from "../command.ts";
import { typedName } from "../typed-name.ts";

interface DestroyArgs {
  readonly option: DestroyOption | undefined;
  readonly confirm: string | undefined;
}
/** As much of the command's call as the questions need. */
export type DestroyCall = Pick<Call, "terminal" | "signal" | "directory"> & { readonly args: DestroyArgs };

/** What the options are called. */
export const LABELS: Readonly<Record<DestroyOption, string>> = {
  1: "Export all telemetry data before destroy",
  2: "Export dashboards only (current behavior)",
  3: "Destroy without export",
};

const FLAGS = "without a terminal: contextcore destroy --option 1|2|3 --confirm NAME";

const refused = (message: string, hint: string): RefusedError =>
  new RefusedError(message, hint, { reason: message });

/**
 * Which data to save first: from `--option`, whose losses are shown, or from the menu, which shows the losses of each option.
 * @returns `undefined` when the menu was abandoned
 * @throws RefusedError when nobody can be asked
 */
export async function chosenOption(
  { args: { option }, terminal, signal }: DestroyCall,
  { findings, losses }: Taken,
): Promise<DestroyOption | undefined> {
  const below = (one: DestroyOption): string[] => losingLines(one, lossesWith(one, findings, losses));
  if (option !== undefined) {
    for (const line of below(option)) terminal.note(line);
    return option;
  }
  if (!terminal.interactive) throw refused("it was not said which data to save first", FLAGS);
  const choices = DESTROY_OPTIONS.map((value) => ({ value, label: LABELS[value], below: below(value) }));
  return choose<DestroyOption>(terminal, { title: "OPTIONS:", choices, signal });
}

/**
 * Whether the destruction is confirmed: by `--confirm`, or by a person, who must type the name if anything would be lost or
 * nothing is saved.
 * @throws RefusedError when `--confirm` names another stack, or nobody can be asked
 */
export async function isConfirmed(call: DestroyCall, plan: DestroyPlan): Promise<Answer> {
  const { args, terminal } = call;
  const { option, name, losses } = plan;
  if (args.confirm === name) return { agrees: true };
  if (args.confirm !== undefined)
    throw refused(`--confirm ${args.confirm} is not this stack's name`, `the stack is called ${name}`);
  if (!terminal.interactive) throw refused("the destruction was not confirmed", FLAGS);
  if (option !== "3" && losses.length === 0) return { agrees: true };
  const message = `${unsavedText(option, losses)} Type the stack's name (${name}) to destroy it:`;
  const answer = await typedName(call, { name, message });
  const why = { reason: "the stack's name was not typed", option: Number(option) };
  return answer.agrees ? answer : { ...answer, details: { ...why, ...answer.details } };
}

function unsavedText(option: DestroyOption, losses: readonly Loss[]): string {
  const lost = `what no snapshot holds of ${listed(losses.map(({ backend }) => backend))} will be lost.`;
  if (option !== "3") return `W${lost.slice(1)}`;
  return losses.length === 0 ? "Nothing will be saved." : `Nothing will be saved: ${lost}`;
}

/**
 * Whether to go on after an export that left something behind. A person decides; `--confirm` covers data that arrived after a
 * complete export.
 */
export async function isConfirmedAgain(call: DestroyCall, { name, snapshot }: AllTheSame): Promise<Answer> {
  const { args, terminal } = call;
  const status = snapshot?.manifest.status;
  if (status === "complete" && args.confirm !== undefined) return { agrees: true };
  if (status !== "complete") {
    terminal.warn(`the export is ${status}: what is missing above will be lost for good`);
    if (!terminal.interactive) return { agrees: false, outcome: "refused" };
  }
  const message = `Destroy the stack anyway? Type its name (${name}) to destroy it:`;
  return typedName(call, { name, message });
}
