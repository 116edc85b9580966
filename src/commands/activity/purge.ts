import { ACTIVITY_PURGE, activityPurgeJson } from "../../results/activity.ts";
import { type ActivityPurgePlan, activityPurge, purgeText } from "../../tasks/activity-purge.ts";
import { heldByText } from "../../tasks/held-by.ts";
import { fromMs, minute } from "../../units/range.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { printResult } from "../print-result.ts";

const args = { ...activityPurge.params, ...planArgs("count what would go and remove nothing") } as const;

type PurgeCall = Call<typeof args>;

const UNTOUCHED = "nothing was removed";

export default defineCommand({
  about: activityPurge.about,
  args,
  examples: [
    { line: "activity purge --dry-run", about: "how much is older than the configuration keeps" },
    {
      line: "activity purge --older-than 90d --content-older-than 7d",
      about: "what was said goes sooner than that it was",
    },
    { line: "activity purge --yes", about: "in cron" },
  ],
  json: [ACTIVITY_PURGE],
  run: (call) =>
    conduct(activityPurge, call, {
      untouched: UNTOUCHED,
      show: (plan) => show(call, plan),
      question: ({ found }) => ({ message: `Remove ${purgeText(found)} for good?`, what: "the removal" }),
      report({ limits, found, held }, removed) {
        if (call.json)
          printResult(call, ACTIVITY_PURGE, activityPurgeJson({ ...limits, found, held }, removed));
        if (removed !== undefined) call.terminal.last(`${purgeText(removed)} removed`);
        return undefined;
      },
    }),
});

function show(call: PurgeCall, { limits, found, held, path, isUnclean }: ActivityPurgePlan): void {
  if (call.json) return;
  const paper = planPaper(call);
  const at = (ms: number): string => `${minute(fromMs(ms))} UTC`;
  paper.print(`${path}: ${purgeText(found)}`);
  if (held.length > 0) paper.print(`some of it stays: ${heldByText(held)}`);
  if (isUnclean)
    paper.print("what an earlier purge removed can still be read in its files, which are cleaned now");
  paper.print(`runs before ${at(limits.runsBefore)}, what was said before ${at(limits.contentBefore)}`);
}
