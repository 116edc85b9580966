import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import { carryOutPrune, LeftoverError } from "../../audit/retention/carry-out.ts";
import { type PrunePlan, planPrune } from "../../audit/retention/plan.ts";
import { namedDirectory } from "../../storage/own-file.ts";
import { readLimit } from "../../tasks/audit-filters.ts";
import { RefusedError } from "../../tasks/errors.ts";
import { withLastWord } from "../../tasks/last-word.ts";
import { confirm } from "../../terminal/ask.ts";
import { formatTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail } from "../stack.ts";
import { trailPlaces } from "../trail-places.ts";
import { orUntouched } from "../untouched.ts";

const args = {
  days: {
    type: "value",
    hint: "N",
    parse: readLimit,
    about:
      "keep ordinary events this many days (default: `audit.retention` of the configuration, which is also the least)",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "DIRECTORY",
    complete: "directories",
    about: "where the files go before they are removed (default: audit-archive beside the snapshots)",
  },
  "dry-run": { type: "flag", about: "show the plan and remove nothing" },
  yes: { type: "flag", alias: "y", about: "do not ask" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type PruneCall = Call<typeof args>;

export default defineCommand({
  about: "remove closed files of the trail that are past their time; an event stands for them",
  args,
  examples: [
    { line: "audit prune --dry-run", about: "what would go, and why the rest stays" },
    { line: "audit prune --yes", about: "in cron" },
  ],
  json: v.object({
    removed: v.boolean(),
    archive: v.string(),
    kept: v.pipe(v.number(), v.description("events that are kept for seven years")),
    files: v.array(v.object({ file: v.string(), events: v.number(), stays: v.optional(v.string()) })),
  }),
  run: (call) => orUntouched(UNTOUCHED, () => prune(call)),
});

const UNTOUCHED = "nothing was removed";

async function prune(call: PruneCall): Promise<ExitCode> {
  const { config, sinks } = await openStack(call);
  const { retention } = config.audit;
  const { days = retention } = call.args;
  if (days < retention) {
    throw new RefusedError(
      `--days ${days}: the configuration keeps ordinary events for ${retention} days`,
      "audit.retention in contextcore.yaml says how long",
    );
  }
  const { file, home } = trailPlaces(call, config);
  const plan = planPrune({ file, retentionDays: days, now: Date.now() });
  const { output } = call.args;
  const own = resolve(call.directory, join(config.backups, "audit-archive"));
  const archive = output === undefined ? own : namedDirectory(resolve(call.directory, output));
  if (!call.args.json) showPlan(call, plan, archive);
  const agreed = plan.range !== undefined && !call.args["dry-run"] && (await isAgreed(call));
  if (agreed) {
    await using trail = openStackTrail(call, config, sinks);
    await carryOutPrune(plan, trail, { archive, home }).catch((error) => {
      throw error instanceof LeftoverError ? withLastWord(error, doneText(plan, archive)) : error;
    });
  }
  if (call.args.json) call.terminal.printJson(toJson(plan, agreed, archive));
  if (!call.args["dry-run"]) call.terminal.note(agreed ? doneText(plan, archive) : UNTOUCHED);
  return agreed || plan.range === undefined || call.args["dry-run"] ? EXIT.ok : EXIT.interrupted;
}

const doneText = ({ range }: PrunePlan, archive: string): string =>
  `${range?.events ?? 0} events are in ${archive}, and an event stands for them in the trail`;

const toJson = ({ segments, kept }: PrunePlan, removed: boolean, archive: string) => ({
  removed,
  archive,
  kept: kept.length,
  files: segments.map(({ segment, events, stays }) => ({ file: basename(segment.path), events, stays })),
});

function showPlan({ terminal }: PruneCall, { segments, kept, range }: PrunePlan, archive: string): void {
  const { colors } = terminal;
  const rows = segments.map(({ segment, events, stays }) => [
    stays === undefined ? colors.red("remove") : colors.green("keep"),
    basename(segment.path),
    `${events} events`,
    colors.dim(stays ?? ""),
  ]);
  for (const line of formatTable([{}, {}, { align: "right" }, {}], rows)) terminal.print(line);
  if (range === undefined) terminal.note("nothing is past its time");
  else {
    terminal.print(
      `${range.events} events go to ${archive} and are removed from the trail and its home copy`,
    );
    terminal.print(`${kept.length} events of destroy, restore, prune and erase are kept for seven years`);
  }
}

async function isAgreed({ args: given, terminal, signal }: PruneCall): Promise<boolean> {
  if (given.yes) return true;
  if (!terminal.interactive) {
    throw new RefusedError(
      "the removal was not confirmed",
      "without a terminal: add --yes, or --dry-run to look",
    );
  }
  return (await confirm(terminal, { message: "Remove them from the trail?", signal })) === true;
}
