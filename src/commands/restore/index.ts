import { replacedCount } from "../../restore/compared.ts";
import { foreseesAll } from "../../restore/foreseen.ts";
import type { RestoreReport } from "../../restore/report.ts";
import { planJson, RESTORE, RESTORE_PLAN, restoreJson } from "../../results/restore.ts";
import { type Restoration, restore } from "../../tasks/restore.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { counted } from "../../units/words.ts";
import { namesText, tellChosen } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { reportRestore, showPlan, tellTenants } from "./show.ts";

const args = { ...restore.params, ...planArgs("show the plan and write nothing") } as const;

type RestoreCall = Call<typeof args>;

export default defineCommand({
  about: restore.about,
  args,
  exclusive: restore.exclusive,
  examples: [
    { line: "restore latest --dry-run", about: "what would be written, and what the servers would refuse" },
    {
      line: "restore 20260124-143000 --plugin loki --label restored_from=20260124",
      about: "beside live data",
    },
    {
      line: "restore --from 2026-01-20 --to 2026-01-22",
      about: "two days, from all snapshots that hold them",
    },
    { line: "restore latest --only dashboards --yes", about: "in a script" },
    {
      line: "restore latest --only dashboards --existing replace",
      about: "also over what was changed on the server since",
    },
  ],
  json: [RESTORE, RESTORE_PLAN],
  run: (call) =>
    conduct(restore, call, {
      untouched: "nothing was written",
      show: (plan) => show(call, plan),
      question: (plan) => ({ message: questionOn(plan), what: "the restore" }),
      report: (plan, result) => report(call, plan, result),
    }),
});

function show({ args: given, json, terminal }: RestoreCall, plan: Restoration): void {
  const { chosen, targets, erased } = plan;
  tellChosen(chosen, terminal);
  if (erased > 0)
    terminal.note(
      `left out: what was erased since (${counted(erased, "record")} in all), wherever it is found`,
    );
  if (given.snapshot === "latest" && chosen.others.length > 0)
    terminal.note(`not part of it: ${namesText(chosen.others)}; --all also restores what they hold`);
  if (given.into === undefined) tellTenants(plan, terminal);
  if (!given["dry-run"]) showPlan(plan, terminal, "note");
  else if (!json) showPlan(plan, terminal, "print");
  if (targets.length === 0 && !given["dry-run"])
    throw new UsageError("nothing of this snapshot is left to restore");
}

function questionOn({ targets }: Restoration): string {
  const replaced = replacedCount(targets);
  const servers = `Restore to ${counted(targets.length, "server")}`;
  return replaced === 0 ? `${servers}?` : `${servers}, and replace ${counted(replaced, "object")}?`;
}

function report(call: RestoreCall, plan: Restoration, result?: RestoreReport): ExitCode | undefined {
  if (result === undefined) {
    if (call.json) printResult(call, RESTORE_PLAN, planJson(plan));
    return foreseesAll(plan) ? EXIT.ok : EXIT.partial;
  }
  if (call.json) printResult(call, RESTORE, restoreJson(plan, result));
  else reportRestore(result, call.terminal, call.directory);
  return undefined;
}
