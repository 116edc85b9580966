import { commandText } from "../../destroy/command-text.ts";
import type { Aftermath } from "../../destroy/destroy-stack.ts";
import { type Destroyed, destroy, destroyTask, lookAtStack } from "../../tasks/destroy.ts";
import { planTask, recordingRefusal, recordRefusal } from "../../tasks/run.ts";
import type { Refusal, TaskContext } from "../../tasks/task.ts";
import { shortPath } from "../../units/short-path.ts";
import { listed } from "../../units/words.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { reportExport } from "../export/report.ts";
import { printInventory } from "../inventory/show.ts";
import { openContext } from "../stack.ts";
import { orUntouched } from "../untouched.ts";
import { chosenOption, type DestroyCall, isConfirmed, isConfirmedAgain } from "./ask.ts";

const { required: _, ...option } = destroy.params.option;

export default defineCommand({
  about: destroy.about,
  args: {
    option,
    confirm: { type: "value", hint: "NAME", about: "the stack's name, typed to confirm" },
  },
  examples: [
    { line: "destroy", about: "shows what would be lost, and asks" },
    { line: "destroy --option 1 --confirm shop", about: "in a script: export everything, then destroy" },
  ],
  async run(call) {
    const { terminal } = call;
    const { exit, said, failure } = await orUntouched(UNTOUCHED, async () => {
      const context = await openContext(call, { isDestroying: true });
      return recordingRefusal(destroy.kind, context, () => verdictOf(call, context));
    });
    if (failure !== undefined) terminal.note(`${terminal.noteColors.red("error:")} ${failure}`);
    if (exit === EXIT.partial) terminal.warn(said);
    else terminal.note(said);
    return exit;
  },
});

const UNTOUCHED = "nothing was destroyed";

/** What is true in the end. Printed last, after the trail is closed, because its sinks may have something to report too. */
interface Verdict {
  readonly exit: ExitCode;
  /** Without a full stop. */
  readonly said: string;
  readonly failure?: string | undefined;
}

/** Look, choose, plan, agree, carry out. */
async function verdictOf(call: DestroyCall, context: TaskContext): Promise<Verdict> {
  const { note, noteColors } = call.terminal;
  const taken = await lookAtStack(context);
  printInventory(call.terminal, taken);
  note("", `This destroys the stack ${context.config.name}: ${commandText(context.config.destroy.command)}`);
  const chosen = await chosenOption(call, taken);
  if (chosen === undefined) {
    await recordRefusal(destroy.kind, NOT_CHOSEN, context);
    return LEFT;
  }
  const task = destroyTask(taken, {
    onSaved: (result) => reportExport(result, call),
    onCommand: (command) => note(noteColors.dim(`$ ${command}`)),
  });
  await using planned = await planTask(task, { option: chosen }, context);
  const answer = await isConfirmed(call, planned.plan);
  if (!answer.agrees) {
    await planned.decline(answer);
    return LEFT;
  }
  const { result } = await planned.carryOut((left) => isConfirmedAgain(call, left));
  return verdictOn(call, result);
}

const NOT_CHOSEN: Refusal = {
  agrees: false,
  outcome: "cancelled",
  details: { reason: "no option was chosen" },
};

const LEFT: Verdict = { exit: EXIT.interrupted, said: UNTOUCHED };

const EXITS: Readonly<Record<Aftermath["state"], ExitCode>> = {
  gone: EXIT.ok,
  "still-there": EXIT.partial,
  "not-asked": EXIT.interrupted,
  stopped: EXIT.interrupted,
  failed: EXIT.error,
};

/** What the snapshot taken before a destruction holds. */
const KEPT: Readonly<Record<Destroyed["backup"], string>> = {
  yes: "its data is",
  dashboards: "its dashboards, and nothing else, are",
  incomplete: "what could be saved of its data is",
  no: "nothing is",
};

function verdictOn({ directory }: DestroyCall, { backup, snapshot, losses, end }: Destroyed): Verdict {
  if ("agrees" in end) {
    const isAnswered = end.outcome === "refused" || end.isNo === true;
    return { exit: isAnswered ? EXIT.refused : EXIT.interrupted, said: UNTOUCHED };
  }
  const names = listed(losses.map(({ backend }) => backend));
  const without = losses.length === 0 ? "" : `, without what came too late of ${names}`;
  const path = snapshot && shortPath(snapshot.path, directory);
  const kept = path === undefined ? "" : `; ${KEPT[backup]} in ${path}${without}`;
  return { exit: EXITS[end.state], said: `${end.said}${kept}`, failure: end.failure };
}
