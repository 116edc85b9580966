import { basename } from "node:path";
import * as v from "valibot";
import { type AuditPrunePlan, auditPrune, prunedText } from "../../tasks/audit-prune.ts";
import { formatTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";

const args = { ...auditPrune.params, ...planArgs("show the plan and remove nothing") } as const;

type PruneCall = Call<typeof args>;

const pruneSchema = v.object({
  removed: v.boolean(),
  archive: v.string(),
  kept: v.pipe(v.number(), v.description("events that are kept for seven years")),
  files: v.array(v.object({ file: v.string(), events: v.number(), stays: v.optional(v.string()) })),
});

export default defineCommand({
  about: auditPrune.about,
  args,
  examples: [
    { line: "audit prune --dry-run", about: "what would be removed, and why the rest stays" },
    { line: "audit prune --yes", about: "in cron" },
  ],
  json: pruneSchema,
  run: (call) =>
    conduct(auditPrune, call, {
      untouched: "nothing was removed",
      show: (plan) => showPlan(call, plan),
      question: () => ({ message: "Remove them from the trail?", what: "the removal" }),
      report(plan, result) {
        if (call.args.json) call.terminal.printJson(toJson(plan, result !== undefined));
        if (result !== undefined) call.terminal.note(prunedText(plan));
        return undefined;
      },
    }),
});

const toJson = (
  { segments, kept, archive }: AuditPrunePlan,
  removed: boolean,
): v.InferOutput<typeof pruneSchema> => ({
  removed,
  archive,
  kept: kept.length,
  files: segments.map(({ segment, events, stays }) => ({ file: basename(segment.path), events, stays })),
});

function showPlan(
  { args: given, terminal }: PruneCall,
  { segments, kept, range, archive }: AuditPrunePlan,
): void {
  if (given.json) return;
  const { colors } = terminal;
  const rows = segments.map(({ segment, events, stays }) => [
    stays === undefined ? colors.red("remove") : colors.green("keep"),
    basename(segment.path),
    `${events} events`,
    colors.dim(stays ?? ""),
  ]);
  for (const line of formatTable([{}, {}, { align: "right" }, {}], rows)) terminal.print(line);
  if (range === undefined) terminal.note("no event is old enough");
  else {
    terminal.print(`${range.events} events will be moved to ${archive}, out of the trail and its home copy`);
    terminal.print(`${kept.length} events of destroy, restore, prune and erase are kept for seven years`);
  }
}
