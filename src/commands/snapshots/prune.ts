import { basename } from "node:path";
import * as v from "valibot";
import { type PrunePlan, prune, removedText } from "../../tasks/prune.ts";
import { planTask } from "../../tasks/run.ts";
import { formatTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirmed, planArgs } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openSetting } from "../stack.ts";
import { orUntouched } from "../untouched.ts";

const args = { ...prune.params, ...planArgs("show the plan and remove nothing") } as const;

type PruneCall = Call<typeof args>;

const pruneSchema = v.object({
  removed: v.boolean(),
  snapshots: v.array(
    v.object({ path: v.string(), keep: v.boolean(), reasons: v.array(v.string()), bytes: v.number() }),
  ),
});

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
  json: pruneSchema,
  async run(call) {
    const { exit, said } = await orUntouched(UNTOUCHED, () => verdictOf(call));
    call.terminal.note(said);
    return exit;
  },
});

const UNTOUCHED = "no snapshot was removed";

/** What is true in the end, said last. */
interface Verdict {
  readonly exit: ExitCode;
  readonly said: string;
}

async function verdictOf(call: PruneCall): Promise<Verdict> {
  const { args: given, terminal } = call;
  const { plan, carryOut } = await planTask(prune, given, await openSetting(call));
  const { doomed, leftovers } = plan;
  showPlan(call, plan);
  const agreed = !given["dry-run"] && doomed.length > 0 && (await confirmed(call, questionOf(plan)));
  // They are asked about only where other things are too.
  const sweeps = !given["dry-run"] && leftovers.length > 0 && (agreed || doomed.length === 0);
  const { removed, changed } = agreed || sweeps ? await carryOut() : { removed: [], changed: [] };
  for (const path of changed)
    terminal.warn(`${path} was left alone: it is no longer what the plan was made from`);
  if (given.json) terminal.printJson(toJson(plan, agreed));
  const swept = sweeps ? `what was left of ${counted(leftovers.length, "removal")} is gone; ` : "";
  const said = `${swept}${removed.length > 0 ? removedText(removed) : UNTOUCHED}`;
  if (changed.length > 0) return { exit: EXIT.partial, said };
  const isDone = agreed || doomed.length === 0 || given["dry-run"];
  return { exit: isDone ? EXIT.ok : EXIT.interrupted, said };
}

const questionOf = ({ doomed }: PrunePlan) => ({
  message: doomed.length === 1 ? "Remove it for good?" : `Remove these ${doomed.length} for good?`,
  what: "the removal",
});

function showPlan({ args: given, terminal }: PruneCall, plan: PrunePlan): void {
  for (const { path, reason } of plan.unreadable) terminal.warn(`${path} is left alone: ${reason}`);
  if (!given.json) printPlan(terminal, plan);
  for (const path of plan.leftovers)
    terminal.note(`${basename(path)} is left of a removal that did not end; a prune ends it`);
}

function printPlan(terminal: PruneCall["terminal"], { decisions, doomed }: PrunePlan): void {
  const { colors } = terminal;
  const rows = decisions.map(({ snapshot, reasons }) => [
    reasons.length > 0 ? colors.green("keep") : colors.red("remove"),
    basename(snapshot.path),
    snapshot.manifest.status,
    formatBytes(snapshot.manifest.bytes),
    colors.dim(reasons.join(", ")),
  ]);
  for (const line of formatTable([{}, {}, {}, { align: "right" }, {}], rows, terminal.width()))
    terminal.print(line);
  const bytes = doomed.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  terminal.print(
    `${doomed.length} of ${counted(decisions.length, "snapshot")} to remove, ${formatBytes(bytes)}`,
  );
}

const toJson = ({ decisions }: PrunePlan, removed: boolean): v.InferOutput<typeof pruneSchema> => ({
  removed,
  snapshots: decisions.map(({ snapshot, reasons }) => ({
    path: snapshot.path,
    keep: reasons.length > 0,
    reasons: [...reasons],
    bytes: snapshot.manifest.bytes,
  })),
});
