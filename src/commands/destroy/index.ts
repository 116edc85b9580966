import type { Ending, Trail } from "../../audit/format/event.ts";
import { commandText } from "../../destroy/command-text.ts";
import { checkCommand } from "../../destroy/run-command.ts";
import type { Finding } from "../../inventory/survey.ts";
import { RefusedError } from "../../tasks/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { showInventory } from "../inventory/show.ts";
import { shortPath } from "../short-path.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { askForOption, type Declined, type DestroyOption, whyUnconfirmed } from "./ask.ts";
import { carryOut } from "./carry-out.ts";
import { requireAllowed } from "./policy.ts";
import { saveFirst } from "./save.ts";

const args = {
  option: {
    type: "value",
    hint: "N",
    values: ["1", "2", "3"],
    about: "1: export everything first; 2: export the dashboards first; 3: export nothing",
  },
  confirm: { type: "value", hint: "NAME", about: "the stack's name, typed to confirm" },
} as const;

export type DestroyCall = Call<typeof args>;

export default defineCommand({
  about: "destroy the stack, after offering to save what it holds",
  args,
  examples: [
    { line: "destroy", about: "shows what would be lost, and asks" },
    { line: "destroy --option 1 --confirm shop", about: "in a script: export everything, then destroy" },
  ],
  async run(call) {
    const stack = await openStack(call, { isDestroying: true });
    checkCommand({ ...stack.config.destroy, directory: stack.config.directory, env: call.env });
    await using trail = openStackTrail(call, stack.config, stack.sinks);
    await requireAllowed(stack.config, trail);
    return await destroy(call, { stack, trail });
  },
});

export interface DestroySetting {
  readonly stack: Stack;
  readonly trail: Trail;
}

async function destroy(call: DestroyCall, setting: DestroySetting): Promise<ExitCode> {
  const { config } = setting.stack;
  const findings = await showInventory(call, setting.stack);
  call.terminal.note(`\nThis destroys the stack ${config.name}: ${commandText(config.destroy.command)}`);
  const agreement = await agreedOption(call, setting);
  if ("declined" in agreement) return stopped(call, setting.trail, agreement.declined);
  const { option } = agreement;
  const operation = {
    operation: "destroy",
    destructive: true,
    details: { option: Number(option), command: commandText(config.destroy.command) },
    dataAffected: findings.map(({ name }) => name),
    signal: call.signal,
  };
  return setting.trail.record(operation, () => carryOutOption(call, option, setting, findings));
}

/** What was chosen, or why nothing was. */
type Agreement = { readonly option: DestroyOption } | { readonly declined: Declined };

/** What was chosen and confirmed. */
async function agreedOption(call: DestroyCall, { stack, trail }: DestroySetting): Promise<Agreement> {
  try {
    const option = call.args.option ?? (await askForOption(call));
    if (option === undefined) return { declined: { reason: "no option was chosen" } };
    const declined = await whyUnconfirmed(call, option, stack.config.name);
    return declined === undefined ? { option } : { declined };
  } catch (error) {
    if (error instanceof RefusedError) {
      await trail.append({ operation: "destroy", outcome: "refused", details: { reason: error.message } });
    }
    throw error;
  }
}

async function stopped({ terminal }: DestroyCall, trail: Trail, declined: Declined): Promise<ExitCode> {
  terminal.note("nothing was destroyed");
  await trail.append({ operation: "destroy", outcome: "cancelled", details: { ...declined } });
  return EXIT.interrupted;
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
): Promise<{ result: ExitCode; ending: Ending }> {
  const saved = await saveFirst(call, option, setting);
  const details = { backup: saved.backup };
  const path = saved.path === undefined ? {} : { exportPath: saved.path };
  if (!saved.goOn) {
    call.terminal.note("nothing was destroyed");
    const outcome = call.terminal.interactive ? "cancelled" : "refused";
    return {
      result: EXIT.refused,
      ending: { outcome, details: { ...details, reason: "the export is not complete" }, ...path },
    };
  }
  const { exit, ending, said } = await carryOut(call, setting.stack.config, findings);
  const kept =
    saved.path === undefined ? "" : `; ${KEPT[saved.backup]} in ${shortPath(saved.path, call.directory)}`;
  if (exit === EXIT.partial) call.terminal.warn(`${said}${kept}`);
  else call.terminal.note(`${said}${kept}`);
  return { result: exit, ending: { ...ending, details: { ...details, ...ending.details }, ...path } };
}
