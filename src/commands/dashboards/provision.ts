import { resolve } from "node:path";
import * as v from "valibot";
import type { Ending, Trail } from "../../audit/format/event.ts";
import { builtinSource } from "../../dashboards/builtin.ts";
import { type ProvisionPlan, planProvision } from "../../dashboards/plan-provision.ts";
import {
  expectedResult,
  hasChanges,
  type Provisioned,
  provisionDashboards,
} from "../../dashboards/provision.ts";
import { readDirectory } from "../../dashboards/read-directory.ts";
import { DashboardFilesError } from "../../dashboards/source.ts";
import type { DashboardKeeper } from "../../plugin/contract.ts";
import { messageOf } from "../../terminal/show-error.ts";
import { formatTable } from "../../terminal/table.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail } from "../stack.ts";
import { keeperOf, PLUGIN } from "./keeper.ts";

const args = {
  directory: {
    type: "positional",
    hint: "DIRECTORY",
    complete: "directories",
    about: "a directory of dashboard files (default: the dashboards that contextcore brings)",
  },
  plugin: PLUGIN,
  "dry-run": { type: "flag", about: "show what would change and write nothing" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type ProvisionCall = Call<typeof args>;

const unwritten = v.array(v.object({ what: v.string(), reason: v.string() }));
const provisionSchema = v.object({
  source: v.string(),
  dryRun: v.boolean(),
  folders: v.object({ created: v.number(), renamed: v.number(), unchanged: v.number() }),
  dashboards: v.object({ created: v.number(), updated: v.number(), unchanged: v.number() }),
  left: unwritten,
  failed: unwritten,
  interrupted: v.optional(
    v.pipe(
      v.array(v.string()),
      v.description("It was interrupted; of these it is not known whether they are written"),
    ),
  ),
});

const BUILT_IN = "contextcore's own dashboards";

export default defineCommand({
  about: "make the dashboards on the server as a directory of files says; directories become folders",
  args,
  examples: [
    { line: "dashboards provision", about: "contextcore's own: stack health, project tasks, audit activity" },
    { line: "dashboards provision ./dashboards", about: "only what changed is written" },
    { line: "dashboards provision ./dashboards --dry-run", about: "what would change" },
  ],
  json: provisionSchema,
  async run(call): Promise<ExitCode> {
    const stack = await openStack(call, call.args.plugin === undefined ? [] : [call.args.plugin]);
    const { keeper } = keeperOf(stack);
    const plan = await planProvision(keeper, await sourceOf(call, keeper), call.signal);
    if (!call.args.json) showPlan(call, plan);
    const result = await carryOut(call, plan, {
      keeper,
      openTrail: () => openStackTrail(call, stack.config, stack.sinks),
    });
    if (call.args.json) call.terminal.printJson(toJson(call, result));
    else report(call, result);
    if (result.stopped !== undefined) return EXIT.interrupted;
    return result.failed.length + result.left.length > 0 ? EXIT.partial : EXIT.ok;
  },
});

/** @throws DashboardFilesError, after every bad file was named */
async function sourceOf({ args: given, directory, terminal }: ProvisionCall, keeper: DashboardKeeper) {
  if (given.directory === undefined) return builtinSource(keeper);
  try {
    return await readDirectory(resolve(directory, given.directory), keeper);
  } catch (error) {
    if (error instanceof DashboardFilesError && error.problems.length > 1)
      for (const { file, reason } of error.problems) terminal.note(`${file}: ${reason}`);
    throw error;
  }
}

function showPlan({ terminal }: ProvisionCall, { folders, dashboards }: ProvisionPlan): void {
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

interface Work {
  readonly keeper: DashboardKeeper;
  readonly openTrail: () => Trail;
}

/** With `--dry-run`, or when nothing changes, nothing is written and nothing recorded. */
async function carryOut(
  call: ProvisionCall,
  plan: ProvisionPlan,
  { keeper, openTrail }: Work,
): Promise<Provisioned> {
  if (call.args["dry-run"] || !hasChanges(plan)) return expectedResult(plan);
  const trail = openTrail();
  const affected = plan.dashboards.flatMap((step) =>
    step.action === "create" || step.action === "update" ? [`dashboard ${step.dashboard.uid}`] : [],
  );
  const details = { source: call.args.directory ?? BUILT_IN };
  const operation = {
    operation: "provision",
    destructive: false,
    details,
    dataAffected: affected,
    signal: call.signal,
  };
  try {
    return await trail.record(operation, async () => {
      const result = await provisionDashboards(keeper, plan, call.signal);
      return { result, ending: endingOf(result, details) };
    });
  } finally {
    await trail.close();
  }
}

function endingOf({ dashboards, folders, failed, stopped }: Provisioned, details: Ending["details"]): Ending {
  const told = { ...details, dashboards, folders, failed: failed.length };
  if (stopped === undefined) return { outcome: failed.length === 0 ? "success" : "partial", details: told };
  const { created, updated } = dashboards;
  const written = created + updated + folders.created + folders.renamed + stopped.unknown.length;
  const why = { error: messageOf(stopped.reason), unknown: [...stopped.unknown] };
  return { outcome: written > 0 ? "partial" : "cancelled", details: { ...told, ...why } };
}

function report(
  { args: given, terminal }: ProvisionCall,
  { folders, dashboards, left, failed, stopped }: Provisioned,
): void {
  for (const { what, reason } of left) terminal.warn(`${what} was left alone: ${reason}`);
  for (const { what, reason } of failed) terminal.warn(`${what} failed: ${reason}`);
  if (stopped !== undefined) {
    const unknown = stopped.unknown.map((what) => `; whether ${what} is written is not known`);
    terminal.warn(`interrupted: run it again for the rest${unknown.join("")}`);
  }
  const would = given["dry-run"] ? "would be " : "";
  const made = folders.created > 0 ? `; folders: ${folders.created} ${would}created` : "";
  const { created, updated, unchanged } = dashboards;
  terminal.print(
    `dashboards: ${created} ${would}created, ${updated} ${would}updated, ${unchanged} unchanged${made}`,
  );
}

const toJson = (
  { args: given }: ProvisionCall,
  { stopped, ...result }: Provisioned,
): v.InferOutput<typeof provisionSchema> => ({
  source: given.directory ?? BUILT_IN,
  dryRun: given["dry-run"],
  ...result,
  left: [...result.left],
  failed: [...result.failed],
  ...(stopped === undefined ? {} : { interrupted: [...stopped.unknown] }),
});
