import * as v from "valibot";
import { unwrittenSchema } from "../../dashboards/attempts.ts";
import { expectedResult, type Provisioned } from "../../dashboards/provision.ts";
import { DashboardFilesError } from "../../dashboards/source.ts";
import { type Provisioning, provision } from "../../tasks/provision.ts";
import { formatTable } from "../../terminal/table.ts";
import { given } from "../../units/given.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

const args = {
  ...provision.params,
  "dry-run": { type: "flag", about: "show what would change and write nothing" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type ProvisionCall = Call<typeof args>;

const provisionSchema = v.object({
  source: v.string(),
  dryRun: v.boolean(),
  folders: v.object({ created: v.number(), renamed: v.number(), unchanged: v.number() }),
  dashboards: v.object({ created: v.number(), updated: v.number(), unchanged: v.number() }),
  left: v.array(unwrittenSchema),
  failed: v.array(unwrittenSchema),
  warned: v.optional(v.pipe(v.array(unwrittenSchema), v.description("What exists, but not as intended"))),
  interrupted: v.optional(
    v.pipe(v.array(v.string()), v.description("It was interrupted; whether these were written is unknown")),
  ),
});

export default defineCommand({
  about: provision.about,
  args,
  examples: [
    { line: "dashboards provision", about: "contextcore's own: stack health, project tasks, audit activity" },
    { line: "dashboards provision ./dashboards", about: "only what changed is written" },
    { line: "dashboards provision ./dashboards --dry-run", about: "what would change" },
  ],
  json: provisionSchema,
  run: (call) => namingBadFiles(call, () => provisioned(call)),
});

const provisioned = (call: ProvisionCall): Promise<ExitCode> =>
  conduct(provision, call, {
    // A step is shown only once it is done; a failed step was not taken.
    report(plan, result = expectedResult(plan)) {
      if (call.args.json) call.terminal.printJson(toJson(call, plan, result));
      else {
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
      for (const { file, reason } of error.problems) terminal.note(`${file}: ${reason}`);
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
  for (const line of formatTable([{}, {}, {}], changes)) terminal.print(line);
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
  terminal.print(
    `dashboards: ${created} ${would}created, ${updated} ${would}updated, ${unchanged} unchanged${made}`,
  );
}

const toJson = (
  { args: asked }: ProvisionCall,
  { source }: Provisioning,
  { stopped, done: _, warned, ...result }: Provisioned,
): v.InferOutput<typeof provisionSchema> => ({
  source,
  dryRun: asked["dry-run"],
  ...result,
  left: [...result.left],
  failed: [...result.failed],
  ...given({ warned: warned && [...warned], interrupted: stopped && [...stopped.unknown] }),
});
