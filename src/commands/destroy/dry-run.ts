import { DESTROY_OPTIONS, type DestroyOption, losingLines, lossesWith } from "../../destroy/losing.ts";
import { touchingLines } from "../../inventory/touched.ts";
import { commandText } from "../../programs/command-text.ts";
import { DESTROY_PLAN, destroyPlanJson } from "../../results/destroy.ts";
import { lookAtStack } from "../../tasks/destroy.ts";
import { callerOf } from "../caller.ts";
import type { Call } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printInventory } from "../print-inventory.ts";
import { printResult } from "../print-result.ts";
import { orUntouched } from "../untouched.ts";
import { LABELS } from "./ask.ts";

const UNTOUCHED = "nothing was destroyed (dry run)";

/** The command's call, with or without an option. */
type DryCall = Call & { readonly args: { readonly option: DestroyOption | undefined } };

/**
 * Shows what the stack holds, how it would be destroyed, and what that would lose by option. Nothing is asked, recorded or
 * changed.
 * @returns 3 when the chosen option would lose something
 */
export async function showDestroyPlan(call: DryCall): Promise<ExitCode> {
  const { args, terminal } = call;
  const { config, taken } = await orUntouched(UNTOUCHED, () => lookAtStack(callerOf(call)));
  const options = DESTROY_OPTIONS.filter((option) => args.option === undefined || option === args.option);
  const lossesOf = (option: DestroyOption) => lossesWith(option, taken.findings, taken.losses);
  if (call.json) printResult(call, DESTROY_PLAN, destroyPlanJson(config, options, taken));
  else {
    printInventory(terminal, taken);
    terminal.tell(
      "",
      `This would destroy the stack ${config.name}: ${commandText(config.destroy.command)}`,
      ...touchingLines(taken.touching),
    );
    for (const option of options) {
      terminal.tell(terminal.colors.bold(`${option}. ${LABELS[option]}`));
      terminal.tell(...losingLines(option, lossesOf(option)).map((line) => `     ${line}`));
    }
  }
  terminal.last(UNTOUCHED);
  return args.option !== undefined && lossesOf(args.option).length > 0 ? EXIT.partial : EXIT.ok;
}
