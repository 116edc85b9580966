import type { Aftermath } from "../../destroy/destroy-stack.ts";
import { touchingLines } from "../../inventory/touched.ts";
import { commandText } from "../../programs/command-text.ts";
import { DESTROY, DESTROY_PLAN, destroyJson } from "../../results/destroy.ts";
import {
  type AllTheSame,
  type Destroyed,
  type DestroyNews,
  destroy,
  type LookedAt,
  lookAtStack,
} from "../../tasks/destroy.ts";
import { planTask, recordingRefusal, recordRefusal } from "../../tasks/task/run.ts";
import type { Refusal } from "../../tasks/task/task.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { shortPath } from "../../units/short-path.ts";
import { listed } from "../../units/words.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printInventory } from "../print-inventory.ts";
import { printResult } from "../print-result.ts";
import { reportExport } from "../report-export.ts";
import { orUntouched } from "../untouched.ts";
import { chosenOption, type DestroyCall, isConfirmed, isConfirmedAgain } from "./ask.ts";
import { showDestroyPlan } from "./dry-run.ts";

const { required: _, ...option } = destroy.params.option;

export default defineCommand({
  about: destroy.about,
  args: {
    option,
    confirm: { type: "value", hint: "NAME", about: "the stack's name, typed to confirm" },
    "dry-run": {
      type: "flag",
      about: "show what would be destroyed and lost; ask nothing and change nothing",
    },
  },
  examples: [
    { line: "destroy", about: "shows what would be lost, and asks" },
    { line: "destroy --dry-run", about: "shows what would be lost, by option, and does nothing" },
    { line: "destroy --option 1 --confirm shop", about: "in a script: export everything, then destroy" },
  ],
  json: [DESTROY, DESTROY_PLAN],
  async run(call) {
    const { terminal } = call;
    if (call.args["dry-run"]) return showDestroyPlan(call);
    const { stack, exit, said, failure, done } = await orUntouched(UNTOUCHED, async () => {
      const looked = await lookAtStack(callerOf(call));
      const shown = call.json ? { ...call, terminal: onlyNoting(terminal) } : call;
      return { stack: looked.config.name, ...(await verdictOf(shown, looked)) };
    });
    if (call.json) printResult(call, DESTROY, destroyJson(stack, said, done));
    if (failure !== undefined) terminal.fault("error", failure);
    const { yellow } = terminal.noteColors;
    terminal.last(exit === EXIT.partial ? `${yellow("warning:")} ${said}` : said);
    return exit;
  },
});

const UNTOUCHED = "nothing was destroyed";

/** With `--json`, stdout has only the result: what is shown on the way goes to stderr. */
const onlyNoting = (terminal: Terminal): Terminal => ({
  ...terminal,
  print: terminal.note,
  detail: terminal.note,
  tell: terminal.note,
  width: terminal.noteWidth,
  colors: terminal.noteColors,
});

/** What is true in the end. Printed last, after the trail is closed, because its sinks may have something to report too. */
interface Verdict {
  readonly exit: ExitCode;
  /** Without a full stop. */
  readonly said: string;
  readonly failure?: string | undefined;
  /** Absent: it was not begun. */
  readonly done?: Destroyed;
}

/** Show, choose, plan, agree, carry out. */
async function verdictOf(call: DestroyCall, looked: LookedAt): Promise<Verdict> {
  showStack(call, looked);
  const recording = <Said>(work: () => Promise<Said>) => recordingRefusal(destroy.kind, looked, work);
  const option = await recording(() => chosenOption(call, looked.taken));
  if (option === undefined) {
    await recordRefusal(destroy.kind, NOT_CHOSEN, looked);
    return LEFT;
  }
  await using planned = await planTask(destroy, { option }, looked);
  const answer = await recording(() => isConfirmed(call, planned.plan));
  if (!answer.agrees) {
    await planned.decline(answer);
    return LEFT;
  }
  const ask = (left: AllTheSame) => isConfirmedAgain(call, left);
  const { result } = await planned.carryOut({ ask, tell: (news) => showNews(call, news) });
  return verdictOn(call, result);
}

/** What the stack holds, and how it would be destroyed. */
function showStack({ terminal }: DestroyCall, { config, taken }: LookedAt): void {
  printInventory(terminal, taken);
  terminal.note(
    "",
    `This destroys the stack ${config.name}: ${commandText(config.destroy.command)}`,
    ...touchingLines(taken.touching),
  );
}

function showNews(call: DestroyCall, news: DestroyNews): void {
  const { note, noteColors } = call.terminal;
  if ("saved" in news) reportExport(news.saved, call);
  else note(noteColors.dim(`$ ${news.command}`));
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

function verdictOn({ directory }: DestroyCall, done: Destroyed): Verdict {
  const { backup, snapshot, losses, end } = done;
  if ("agrees" in end) {
    const isAnswered = end.outcome === "refused" || end.isNo === true;
    return { exit: isAnswered ? EXIT.refused : EXIT.interrupted, said: UNTOUCHED, done };
  }
  const names = listed(losses.map(({ backend }) => backend));
  const without = losses.length === 0 ? "" : `, without late data of ${names}`;
  const path = snapshot?.path && shortPath(snapshot.path, directory);
  const kept = path === undefined ? "" : `; ${KEPT[backup]} in ${path}${without}`;
  return { exit: EXITS[end.state], said: `${end.said}${kept}`, failure: end.failure, done };
}
