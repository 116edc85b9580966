import { expectedResult, type Provisioned } from "../../dashboards/provision.ts";
import { DashboardFilesError } from "../../dashboards/source.ts";
import { DASHBOARDS_PROVISION, provisionedJson } from "../../results/dashboards.ts";
import { type Provisioning, provision } from "../../tasks/provision.ts";
import { printTable } from "../../terminal/table.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...provision.params,
  ...planArgs("show what would change and write nothing"),
} as const;

type ProvisionCall = Call<typeof args>;

export default defineCommand({
  about: provision.about,
  args,
  examples: [
    {
      line: "dashboards provision",
      about: "contextcore's own: stack health, project tasks, audit activity, backups",
    },
    { line: "dashboards provision ./dashboards", about: "only what changed is written" },
    { line: "dashboards provision ./dashboards --dry-run", about: "what would change" },
    { line: "dashboards provision ./dashboards --yes", about: "also over what is there, without a question" },
  ],
  json: [DASHBOARDS_PROVISION],
  run: (call) => namingBadFiles(call, () => provisioned(call)),
});

const provisioned = (call: ProvisionCall): Promise<ExitCode> =>
  conduct(provision, call, {
    show: (plan) => overwritten(call, plan) > 0 && showSteps(call, expectedResult(plan).done, "note"),
    question(plan) {
      const count = overwritten(call, plan);
      return count === 0 ? undefined : { message: `Overwrite ${counted(count, "object")}?`, what: "it" };
    },
    // A step is shown only once it is done; a failed step was not taken.
    report(plan, done) {
      if (done === undefined && overwritten(call, plan) > 0) {
        call.terminal.last("nothing was written");
        return undefined;
      }
      const result = done ?? expectedResult(plan);
      if (call.json) {
        const provisioned = provisionedJson(plan.source, call.args["dry-run"], result);
        printResult(call, DASHBOARDS_PROVISION, provisioned);
      } else {
        showSteps(call, result.done, "print");
        report(call, result);
      }
      const unwritten = result.left.length + result.failed.length;
      return result.stopped === undefined && unwritten > 0 ? EXIT.partial : undefined;
    },
  });

/** How many objects would be overwritten that somebody is asked about. Where nobody can be asked, the files have the word. */
function overwritten(
  { args: given, terminal, json }: ProvisionCall,
  { folders, dashboards }: Provisioning,
): number {
  if (given.yes || given["dry-run"] || json || !terminal.interactive) return 0;
  return [...folders, ...dashboards].filter(({ action }) => action === "update" || action === "rename")
    .length;
}

/** @throws DashboardFilesError after naming every bad file */
async function namingBadFiles({ terminal }: ProvisionCall, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DashboardFilesError && error.problems.length > 1)
      for (const { file, reason } of error.problems) terminal.last(`${file}: ${reason}`);
    throw error;
  }
}

function showSteps(
  { terminal }: ProvisionCall,
  { folders, dashboards }: Provisioned["done"],
  out: "print" | "note",
): void {
  const colors = out === "print" ? terminal.colors : terminal.noteColors;
  const paint = { create: colors.green, update: colors.yellow, rename: colors.yellow };
  const rows = [
    ...folders.map(({ action, path, folder }) => ({ action, what: `${path}/`, title: folder.title })),
    ...dashboards.flatMap((step) =>
      step.action === "leave" ? [] : [{ ...step, what: step.file, title: step.dashboard.title }],
    ),
  ];
  const changes = rows.flatMap(({ action, what, title }) =>
    action === "keep" ? [] : [[paint[action](action), what, colors.dim(title)]],
  );
  const width = out === "print" ? terminal.width : terminal.noteWidth;
  printTable({ print: out === "print" ? terminal.detail : terminal.note, width }, [{}, {}, {}], changes);
}

function report(
  { args: asked, terminal }: ProvisionCall,
  { folders, dashboards, left, failed, warned = [], stopped }: Provisioned,
): void {
  for (const { what, reason } of warned) terminal.warn(`${what}: ${reason}`);
  for (const { what, reason } of left) terminal.warn(`${what} was left alone: ${reason}`);
  const fails = asked["dry-run"] ? "would fail" : "failed";
  for (const { what, reason } of failed) terminal.warn(`${what} ${fails}: ${reason}`);
  if (stopped !== undefined) {
    const unknown = stopped.unknown.map((what) => `; whether ${what} was written is unknown`);
    terminal.warn(`interrupted: run it again for the rest${unknown.join("")}`);
  }
  const would = asked["dry-run"] ? "would be " : "";
  const made = folders.created > 0 ? `; folders: ${folders.created} ${would}created` : "";
  const { created, updated, unchanged } = dashboards;
  const unwritten = [
    left.length > 0 ? `; left alone: ${left.length}` : "",
    failed.length > 0 ? `; ${fails}: ${failed.length}` : "",
  ];
  terminal.tell(
    `dashboards: ${created} ${would}created, ${updated} ${would}updated, ${unchanged} unchanged${made}${unwritten.join("")}`,
  );
}
