import { basename } from "node:path";
import { pruneJson, SNAPSHOTS_PRUNE } from "../../results/prune.ts";
import { nameOf } from "../../snapshot/catalog/chain.ts";
import type { VerifiedCopy } from "../../tasks/keep-local.ts";
import { type Pruned, type PrunePlan, prune, removedText } from "../../tasks/prune.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { counted, listed } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs, type Question } from "../confirmed.ts";
import { printResult } from "../print-result.ts";
import { provedText } from "./held-text.ts";

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
    { line: "snapshots prune --place offsite --keep-monthly 12", about: "the copies in a place" },
    { line: "snapshots prune --keep-local --yes", about: "what every place of `copies` holds" },
  ],
  exclusive: prune.exclusive,
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

/** The removal of what earlier ones left here was agreed to then; that of what interrupted copies left in a place was not. */
function questionOf({ doomed, leftovers, place }: PrunePlan): Question | undefined {
  const snapshots = counted(doomed.length, "snapshot");
  const copies = counted(doomed.length, "copy", "copies");
  const rest = place === undefined || leftovers.length === 0 ? [] : [counted(leftovers.length, "leftover")];
  const parts = doomed.length === 0 ? rest : [place === undefined ? snapshots : copies, ...rest];
  if (parts.length === 0) return undefined;
  const where = place === undefined ? "" : ` in ${place}`;
  return {
    message: `Delete ${listed(parts)}${where} (${bytesOf(doomed)}) permanently?`,
    what: "the removal",
  };
}

function report(call: PruneCall, plan: PrunePlan, result?: Pruned): undefined {
  const { terminal } = call;
  const { removed = [], changed = [], withheld = [] } = result ?? {};
  for (const { object, reason } of withheld) terminal.warn(`${object} is still there: ${reason}`);
  for (const path of changed) terminal.warn(`${path} was left alone: it has changed since the plan was made`);
  if (call.json) printResult(call, SNAPSHOTS_PRUNE, pruneJson(plan, result));
  if (result === undefined) return;
  const isSwept = plan.leftovers.length > 0;
  const swept = isSwept ? `${counted(plan.leftovers.length, "leftover")} removed; ` : "";
  terminal.last(`${swept}${removed.length > 0 ? removedText(removed) : UNTOUCHED}`);
}

function showPlan(call: PruneCall, plan: PrunePlan): void {
  const { json, terminal } = call;
  for (const { path, reason } of plan.unreadable) terminal.warn(`${path} is left alone: ${reason}`);
  for (const [path, reason] of plan.damaged)
    terminal.warn(`${path} is damaged, and counts as holding nothing: ${reason}`);
  if (!json) printPlan(call, plan);
  for (const { path, what } of plan.leftovers) terminal.note(`${basename(path)} ${what}; a prune removes it`);
}

function printPlan(call: PruneCall, { decisions, doomed, heldIn }: PrunePlan): void {
  const { colors } = call.terminal;
  const paper = planPaper(call);
  const rows = decisions.map(({ snapshot, reasons }) => [
    reasons.length > 0 ? colors.green("keep") : colors.red("remove"),
    nameOf(snapshot),
    snapshot.manifest.status,
    formatBytes(snapshot.manifest.bytes),
    colors.dim(reasons.join(", ") || staysIn(heldIn.get(snapshot.manifest.sha256) ?? [])),
  ]);
  printTable(paper, [{}, {}, {}, { align: "right" }, {}], rows);
  paper.print(`${doomed.length} of ${counted(decisions.length, "snapshot")} to remove, ${bytesOf(doomed)}`);
}

const staysIn = (copies: readonly VerifiedCopy[]): string =>
  copies.length === 0
    ? ""
    : `stays in ${listed(copies.map((copy) => `${copy.place} (${provedText(copy)})`))}`;

const bytesOf = (doomed: PrunePlan["doomed"]): string =>
  formatBytes(doomed.reduce((sum, { manifest }) => sum + manifest.bytes, 0));
