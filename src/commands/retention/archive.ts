import { archiveJson, RETENTION_ARCHIVE } from "../../results/retention-archive.ts";
import {
  type ArchivedData,
  type ArchivePlan,
  type ArchiveResult,
  retentionArchive,
} from "../../tasks/retention-archive.ts";
import { minute } from "../../units/range.ts";
import { countsText } from "../../units/unit-text.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...retentionArchive.params,
  ...planArgs("show what would be archived and change nothing"),
} as const;

type ArchiveCall = Call<typeof args>;

const UNTOUCHED = "nothing was archived";

export default defineCommand({
  about: retentionArchive.about,
  args,
  examples: [
    { line: "retention archive --dry-run", about: "what is older than `archive` in the configuration says" },
    { line: "retention archive --plugin worm", about: "one of several backends, after a question" },
    { line: "retention archive --yes", about: "in cron" },
  ],
  json: [RETENTION_ARCHIVE],
  run: (call) =>
    conduct(retentionArchive, call, {
      untouched: UNTOUCHED,
      show: (plan) => show(call, plan),
      question: ({ items }) => ({ message: questionOf(items), what: "archiving" }),
      report: (plan, result) => report(call, plan, result),
    }),
});

/** `Archive 270 rows of worm, and remove them here?` */
function questionOf(items: ArchivePlan["items"]): string {
  const isRemoved = items.some(({ afterwards }) => afterwards === "delete");
  const [only, second] = items;
  const what =
    only !== undefined && second === undefined
      ? `${countsText(only.counts)} of ${only.backend}`
      : `old data of ${counted(items.length, "backend")}`;
  return `Archive ${what}${isRemoved ? ", and remove it here where it is to be removed?" : "?"}`;
}

function show(call: ArchiveCall, { items, stays }: ArchivePlan): void {
  for (const { name, reason } of stays) call.terminal.note(`${name} stays: ${reason}`);
  if (call.json) return;
  const paper = planPaper(call);
  for (const { backend, counts, from, before, to, afterwards } of items)
    paper.print(
      `${backend}: ${countsText(counts)} from ${minute(from)} to ${minute(before)} UTC, to ${to}, then ${afterwards === "keep" ? "kept here, too" : "removed here"}`,
    );
  if (items.length + stays.length === 0)
    paper.print("nothing is old enough to be archived, by `archive` in the configuration");
}

/** What is owed is exit code 3, even where nothing was to be done. */
function report(call: ArchiveCall, plan: ArchivePlan, result?: ArchiveResult): ExitCode | undefined {
  const { terminal } = call;
  const told = new Set(plan.stays);
  for (const one of result?.stays ?? [])
    if (!told.has(one)) terminal.warn(`${one.name} is still here: ${one.reason}`);
  if (call.json) printResult(call, RETENTION_ARCHIVE, archiveJson(plan, result));
  if (result !== undefined) terminal.last(lastOf(plan, result));
  const isOwed = (result?.stays ?? plan.stays).some((one) => one.isOwed);
  return isOwed && !call.args["dry-run"] ? EXIT.partial : undefined;
}

function lastOf({ items }: ArchivePlan, { archived }: ArchiveResult): string {
  if (archived.length === 0) return UNTOUCHED;
  const placeOf = ({ backend }: ArchivedData) => items.find((item) => item.backend === backend)?.to ?? "";
  return archived
    .map(
      (one) =>
        `${countsText(one.counts)} of ${one.backend} archived as ${placeOf(one)}:${one.snapshot.name}, ${here(one)}`,
    )
    .join("; ");
}

const here = ({ letGo }: ArchivedData): string =>
  letGo === undefined ? "it stays here" : `${countsText(letGo.counts)} removed here`;
