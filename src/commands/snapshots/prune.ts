import { basename } from "node:path";
import { pruneJson, SNAPSHOTS_PRUNE } from "../../results/snapshots.ts";
import { type Pruned, type PrunePlan, prune, removedText } from "../../tasks/prune.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = { ...prune.params, ...planArgs("show the plan and remove nothing") } as const;

type PruneCall = Call<typeof args>;

export default defineCommand({
  about: prune.about,
  args,
  examples: [
    {
      line: "snapshots prune --keep-daily 7 --keep-weekly 4 --dry-run",
      about: "what would be removed, and why the rest stays",
    },
    { line: "snapshots prune --keep-last 10 --yes", about: "in a script" },
  ],
  json: [SNAPSHOTS_PRUNE],
  run: (call) =>
    conduct(prune, call, {
      untouched: UNTOUCHED,
      show: (plan) => showPlan(call, plan),
      question: questionOf,
      report: (plan, result) => report(call, plan, result),
    }),
});

const UNTOUCHED = "nothing was removed";

/** Leftovers of earlier removals are only asked about together with other removals. */
const questionOf = ({ doomed }: PrunePlan) =>
  doomed.length === 0
    ? undefined
    : {
        message: `Delete ${counted(doomed.length, "snapshot")} (${bytesOf(doomed)}) permanently?`,
        what: "the removal",
      };

function report(call: PruneCall, plan: PrunePlan, result?: Pruned): undefined {
  const { terminal } = call;
  const { removed = [], changed = [] } = result ?? {};
  for (const path of changed) terminal.warn(`${path} was left alone: it has changed since the plan was made`);
  if (call.json) printResult(call, SNAPSHOTS_PRUNE, pruneJson(plan, result));
  if (result === undefined) return;
  const isSwept = plan.leftovers.length > 0;
  const swept = isSwept
    ? `the remains of ${counted(plan.leftovers.length, "interrupted removal")} are gone; `
    : "";
  terminal.last(`${swept}${removed.length > 0 ? removedText(removed) : UNTOUCHED}`);
}

function showPlan(call: PruneCall, plan: PrunePlan): void {
  const { json, terminal } = call;
  for (const { path, reason } of plan.unreadable) terminal.warn(`${path} is left alone: ${reason}`);
  if (!json) printPlan(call, plan);
  for (const path of plan.leftovers)
    terminal.note(`${basename(path)} remains of an interrupted removal; a prune finishes it`);
}

function printPlan(call: PruneCall, { decisions, doomed }: PrunePlan): void {
  const { colors } = call.terminal;
  const paper = planPaper(call);
  const rows = decisions.map(({ snapshot, reasons }) => [
    reasons.length > 0 ? colors.green("keep") : colors.red("remove"),
    basename(snapshot.path),
    snapshot.manifest.status,
    formatBytes(snapshot.manifest.bytes),
    colors.dim(reasons.join(", ")),
  ]);
  printTable(paper, [{}, {}, {}, { align: "right" }, {}], rows);
  paper.print(`${doomed.length} of ${counted(decisions.length, "snapshot")} to remove, ${bytesOf(doomed)}`);
}

const bytesOf = (doomed: PrunePlan["doomed"]): string =>
  formatBytes(doomed.reduce((sum, { manifest }) => sum + manifest.bytes, 0));
