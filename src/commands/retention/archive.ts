import { archiveJson, RETENTION_ARCHIVE } from "../../results/retention-archive.ts";
import { type Archived, type ArchivePlan, retentionArchive } from "../../tasks/retention-archive.ts";
import { minute } from "../../units/range.ts";
import { countsText } from "../../units/unit-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct, planPaper } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
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
      question: (plan) => ({ message: questionOf(plan), what: "archiving" }),
      report: (plan, result) => report(call, plan, result),
    }),
});

const questionOf = ({ to, afterwards, counts }: ArchivePlan): string =>
  afterwards === "keep"
    ? `Archive ${countsText(counts)} in ${to}?`
    : `Archive ${countsText(counts)} in ${to}, and remove it here?`;

function show(call: ArchiveCall, { backend, from, before, counts, to, afterwards }: ArchivePlan): void {
  if (call.json) return;
  const paper = planPaper(call);
  if (from === undefined)
    paper.print(`${backend} has nothing before ${minute(before)} UTC that is not archived`);
  else
    paper.print(
      `${backend}: ${countsText(counts)} from ${minute(from)} to ${minute(before)} UTC, to ${to}, then ${afterwards === "keep" ? "kept here, too" : "removed here"}`,
    );
}

function report(call: ArchiveCall, plan: ArchivePlan, result?: Archived): undefined {
  const { terminal } = call;
  if (call.json) printResult(call, RETENTION_ARCHIVE, archiveJson(plan, result));
  if (result === undefined) return;
  const { letGo, snapshot, counts } = result;
  if (letGo?.reason !== undefined) terminal.warn(letGo.reason);
  const here = letGo === undefined ? "it stays here" : `${countsText(letGo.counts)} removed here`;
  terminal.last(`${countsText(counts)} archived as ${plan.to}:${snapshot.name}, ${here}`);
}
