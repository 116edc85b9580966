import { expectedResult, type Provisioned } from "../../dashboards/provision.ts";
import { DashboardFilesError } from "../../dashboards/source.ts";
import { DASHBOARDS_PROVISION, provisionedJson } from "../../results/dashboards.ts";
import { provision } from "../../tasks/provision.ts";
import { printTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  ...provision.params,
  "dry-run": { type: "flag", about: "show what would change and write nothing" },
} as const;

type ProvisionCall = Call<typeof args>;

export default defineCommand({
  about: provision.about,
  args,
  examples: [
    { line: "dashboards provision", about: "contextcore's own: stack health, project tasks, audit activity" },
    { line: "dashboards provision ./dashboards", about: "only what changed is written" },
    { line: "dashboards provision ./dashboards --dry-run", about: "what would change" },
  ],
  json: [DASHBOARDS_PROVISION],
  run: (call) => namingBadFiles(call, () => provisioned(call)),
});

const provisioned = (call: ProvisionCall): Promise<ExitCode> =>
  conduct(provision, call, {
    // A step is shown only once it is done; a failed step was not taken.
    report(plan, result = expectedResult(plan)) {
      if (call.json) {
        const provisioned = provisionedJson(plan.source, call.args["dry-run"], result);
        printResult(call, DASHBOARDS_PROVISION, provisioned);
      } else {
        showSteps(call, result.done);
        report(call, result);
      }
      const unwritten = result.left.length + result.failed.length;
      return result.stopped === undefined && unwritten > 0 ? EXIT.partial : undefined;
    },
  });

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

function showSteps({ terminal }: ProvisionCall, { folders, dashboards }: Provisioned["done"]): void {
  const { colors } = terminal;
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
  printTable(terminal, [{}, {}, {}], changes);
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
