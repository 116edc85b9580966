import type { Ending, Trail } from "../../audit/format/event.ts";
import { commandText } from "../../destroy/command-text.ts";
import { checkCommand } from "../../destroy/run-command.ts";
import type { Loss } from "../../inventory/losses.ts";
import type { Finding } from "../../inventory/survey.ts";
import { RefusedError } from "../../tasks/errors.ts";
import { type Taken, takeInventory } from "../../tasks/inventory.ts";
import { shortPath } from "../../units/short-path.ts";
import { listed } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printInventory } from "../inventory/show.ts";
import { openSetting } from "../stack.ts";
import { orUntouched } from "../untouched.ts";
import { askForOption, type Declined, whyUnconfirmed } from "./ask.ts";
import { args, type DestroyCall, type DestroyOption, type DestroySetting } from "./call.ts";
import { carryOut } from "./carry-out.ts";
import { losingLines, lossesWith } from "./losing.ts";
import { requireAllowed } from "./policy.ts";
import { saveFirst } from "./save.ts";

export default defineCommand({
  about: "destroy the stack, after offering to save what it holds",
  args,
  examples: [
    { line: "destroy", about: "shows what would be lost, and asks" },
    { line: "destroy --option 1 --confirm shop", about: "in a script: export everything, then destroy" },
  ],
  async run(call) {
    const { exit, said } = await orUntouched(UNTOUCHED, () => verdictOf(call));
    if (exit === EXIT.partial) call.terminal.warn(said);
    else call.terminal.note(said);
    return exit;
  },
});

const UNTOUCHED = "nothing was destroyed";

/** What is true in the end. It is said last, once the trail is closed: its sinks may have something to say, too. */
interface Verdict {
  readonly exit: ExitCode;
  /** Without a full stop. */
  readonly said: string;
}

async function verdictOf(call: DestroyCall): Promise<Verdict> {
  const stack = await openSetting(call, { isDestroying: true });
  checkCommand({ ...stack.config.destroy, directory: stack.config.directory, env: call.env });
  await using trail = stack.openTrail();
  await requireAllowed(stack.config, trail);
  return await destroy(call, { stack, trail });
}

async function destroy(call: DestroyCall, setting: DestroySetting): Promise<Verdict> {
  const { config } = setting.stack;
  const taken = await takeInventory(setting.stack);
  printInventory(call.terminal, taken);
  const command = commandText(config.destroy.command);
  call.terminal.note(`\nThis destroys the stack ${config.name}: ${command}`);
  const agreement = await agreedOption(call, setting, taken);
  if ("declined" in agreement) return stopped(setting.trail, agreement.declined);
  const { option, losses } = agreement;
  const loses = losses.map(({ backend }) => backend);
  const operation = {
    operation: "destroy",
    destructive: true,
    details: { option: Number(option), command, ...(loses.length === 0 ? {} : { loses }) },
    dataAffected: taken.findings.map(({ name }) => name),
    signal: call.signal,
  };
  return setting.trail.record(operation, () => carryOutOption(call, option, setting, taken.findings));
}

/** What was chosen, or why nothing was. */
type Agreement =
  | { readonly option: DestroyOption; readonly losses: readonly Loss[] }
  | { readonly declined: Declined };

/** What was chosen and confirmed. */
async function agreedOption(
  call: DestroyCall,
  { stack, trail }: DestroySetting,
  { findings, losses: all }: Taken,
): Promise<Agreement> {
  const lossesOf = (option: DestroyOption): Loss[] => lossesWith(option, findings, all);
  const linesOf = (option: DestroyOption): string[] => losingLines(option, lossesOf(option));
  try {
    const option = call.args.option ?? (await askForOption(call, linesOf));
    if (option === undefined) return { declined: { reason: "no option was chosen" } };
    if (call.args.option !== undefined) for (const line of linesOf(option)) call.terminal.note(line);
    const losses = lossesOf(option);
    const declined = await whyUnconfirmed(call, { option, name: stack.config.name, losses });
    return declined === undefined ? { option, losses } : { declined };
  } catch (error) {
    if (error instanceof RefusedError) {
      await trail.append({ operation: "destroy", outcome: "refused", details: { reason: error.message } });
    }
    throw error;
  }
}

async function stopped(trail: Trail, declined: Declined): Promise<Verdict> {
  await trail.append({ operation: "destroy", outcome: "cancelled", details: { ...declined } });
  return { exit: EXIT.interrupted, said: UNTOUCHED };
}

/** What the snapshot in front of a destruction holds. */
const KEPT = {
  yes: "its data is",
  dashboards: "its dashboards, and nothing else, are",
  incomplete: "what could be saved of its data is",
  no: "nothing is",
} as const;

async function carryOutOption(
  call: DestroyCall,
  option: DestroyOption,
  setting: DestroySetting,
  findings: readonly Finding[],
): Promise<{ result: Verdict; ending: Ending }> {
  const { backup, path, losses, stop } = await saveFirst(call, option, setting, findings);
  const exportPath = path === undefined ? {} : { exportPath: path };
  const loses = losses.length === 0 ? {} : { loses: losses.map(({ backend }) => backend) };
  if (stop !== undefined) {
    const { exit, outcome, reason, wrongNames } = stop;
    const wrong = wrongNames === 0 ? {} : { wrong_names: wrongNames };
    const details = { backup, ...loses, reason, ...wrong };
    return { result: { exit, said: UNTOUCHED }, ending: { outcome, details, ...exportPath } };
  }
  const { exit, ending, said } = await carryOut(call, setting.stack.config, findings);
  const without =
    losses.length === 0
      ? ""
      : `, without what came too late of ${listed(losses.map(({ backend }) => backend))}`;
  const kept = path === undefined ? "" : `; ${KEPT[backup]} in ${shortPath(path, call.directory)}${without}`;
  return {
    result: { exit, said: `${said}${kept}` },
    ending: { ...ending, details: { backup, ...loses, ...ending.details }, ...exportPath },
  };
}
