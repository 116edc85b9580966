import type { LifecycleRule } from "../../contract/contract.ts";
import { lifecycleJson, SNAPSHOTS_LIFECYCLE } from "../../results/lifecycle.ts";
import { type LifecyclePlan, lifecycle } from "../../tasks/lifecycle.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { formatDuration } from "../../units/duration.ts";
import { counted, listed } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = { ...lifecycle.params, ...planArgs("show the rules and change nothing") } as const;

const UNTOUCHED = "no rule was changed";

export default defineCommand({
  about: lifecycle.about,
  args,
  examples: [{ line: "snapshots lifecycle offsite --dry-run", about: "which rules it has, and would get" }],
  json: [SNAPSHOTS_LIFECYCLE],
  run: (call) =>
    conduct(lifecycle, call, {
      untouched: UNTOUCHED,
      show: (plan) => showPlan(call, plan),
      question: ({ place }) => ({
        message: `Set these rules for ${place}? Rules of others stay as they are.`,
        what: "the change",
      }),
      report(plan, result) {
        const isDone = result !== undefined || isInForce(plan);
        if (call.json) printResult(call, SNAPSHOTS_LIFECYCLE, lifecycleJson(plan, isDone));
        if (result !== undefined) call.terminal.last(`the rules of ${plan.place} are in force`);
        return undefined;
      },
    }),
});

const isInForce = ({ changes }: LifecyclePlan): boolean => changes.every(({ change }) => change === "keep");

function showPlan(call: Call<typeof args>, plan: LifecyclePlan): void {
  const { place, isSupported, changes, archived, perhapsUnmarked } = plan;
  const { terminal, json } = call;
  if (!isSupported) terminal.note(`the store of ${place} moves and removes nothing by itself`);
  const rows = changes.map(({ id, change, rule }) => [change, id, terminal.colors.dim(sentence(rule))]);
  if (!json) printTable(planPaper(call), [{}, {}, {}], rows);
  if (perhapsUnmarked > 0)
    terminal.note(
      `${place} has ${counted(perhapsUnmarked, "copy", "copies")} already: data moves only if \`archive\` was set when it was copied; to move the rest, too, prune those copies and copy their snapshots again`,
    );
  if (archived.snapshots === 0) return;
  terminal.warn(
    `\`latest\` needs ${counted(archived.snapshots, "snapshot")} that would lie in the archive by now, ${formatBytes(archived.bytes)}: before a restore they have to be retrieved, which takes ${archived.takes ?? "hours"} and which the provider charges by the GB; a whole export from time to time makes chains shorter`,
  );
}

/** `data: to STANDARD_IA after 30d, to GLACIER after 90d`. */
function sentence({
  prefix,
  tags,
  transitions = [],
  abandonedUploadsAfter,
  noncurrentAfter,
}: LifecycleRule): string {
  const what = tags === undefined ? "everything" : "data alone";
  const where = prefix === "" ? "" : ` below ${prefix}`;
  const done = [
    ...transitions.map(({ after, storageClass }) => `to ${storageClass} after ${formatDuration(after)}`),
    ...(abandonedUploadsAfter === undefined
      ? []
      : [`unfinished uploads go after ${formatDuration(abandonedUploadsAfter)}`]),
    ...(noncurrentAfter === undefined
      ? []
      : [`replaced versions go after ${formatDuration(noncurrentAfter)}`]),
  ];
  return `${what}${where}: ${listed(done)}`;
}
