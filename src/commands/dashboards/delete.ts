import { join, relative } from "node:path";
import * as v from "valibot";
import { createCopies } from "../../dashboards/copies.ts";
import { type Deleted, type DeletionPlan, deleteDashboards, planDeletion } from "../../dashboards/delete.ts";
import { titlesAbove } from "../../dashboards/listing.ts";
import { requireOwnDirectories } from "../../storage/own-file.ts";
import { confirm, RefusedError } from "../../terminal/ask.ts";
import { formatTable } from "../../terminal/table.ts";
import { type Call, defineCommand, UsageError } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { keeperOf, PLUGIN } from "./keeper.ts";
import { dashboardSchema } from "./list.ts";

const args = {
  uid: { type: "positional", hint: "UID", repeatable: true, about: "the dashboards, by uid" },
  folder: {
    type: "value",
    hint: "FOLDER",
    about: "a folder with everything in it, by uid or by titles (Platform/Services)",
  },
  plugin: PLUGIN,
  "dry-run": { type: "flag", about: "show what would be deleted and delete nothing" },
  yes: { type: "flag", alias: "y", about: "do not ask" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type DeleteCall = Call<typeof args>;

const deleteSchema = v.object({
  deleted: v.boolean(),
  dashboards: v.array(dashboardSchema),
  folders: v.array(v.object({ uid: v.string(), title: v.string() })),
  failed: v.array(v.object({ what: v.string(), reason: v.string() })),
  copies: v.optional(
    v.pipe(v.string(), v.description("The directory with a copy of each; provision puts them back")),
  ),
});

export default defineCommand({
  about: "delete dashboards, or a folder of them; a copy of each is kept",
  args,
  examples: [
    { line: "dashboards delete nErXDvCkzz", about: "asks first" },
    { line: 'dashboards delete --folder "Platform/Services" --dry-run', about: "what would be deleted" },
    { line: "dashboards delete nErXDvCkzz --yes", about: "in a script" },
  ],
  json: deleteSchema,
  async run(call): Promise<ExitCode> {
    const { uid: uids, folder } = call.args;
    if (uids.length === 0 && folder === undefined)
      throw new UsageError(
        "nothing to delete is named",
        "give uids, or --folder; `dashboards list` shows them",
      );
    const stack = await openStack(call, call.args.plugin === undefined ? [] : [call.args.plugin]);
    const selection = { uids, ...(folder === undefined ? {} : { folder }) };
    const plan = await planDeletion(keeperOf(stack).keeper, selection, call.signal);
    if (!call.args.json) showPlan(call, plan);
    if (call.args["dry-run"] || !(await isAgreed(call))) return untouched(call, plan);
    return carryOut(call, stack, plan);
  },
});

function showPlan({ terminal }: DeleteCall, { dashboards, folders, listing }: DeletionPlan): void {
  const { colors } = terminal;
  const rows = [
    ...dashboards.map(({ uid, title, folder }) => [[...folder, title].join("/"), uid]),
    ...folders.map(({ uid }) => [`${titlesAbove(listing, uid).join("/")}/`, uid]),
  ];
  for (const line of formatTable(
    [{}, {}, {}],
    rows.map((row) => [colors.red("delete"), ...row]),
  ))
    terminal.print(line);
}

async function isAgreed({ args: given, terminal, signal }: DeleteCall): Promise<boolean> {
  if (given.yes) return true;
  if (!terminal.interactive)
    throw new RefusedError(
      "the deletion was not confirmed",
      "without a terminal: add --yes, or --dry-run to look",
    );
  return (await confirm(terminal, { message: "Delete them?", signal })) === true;
}

function untouched({ args: given, terminal }: DeleteCall, { dashboards, folders }: DeletionPlan): ExitCode {
  if (given.json) terminal.printJson(toJson(false, { dashboards, folders, failed: [] }));
  else terminal.note("nothing was deleted");
  return given["dry-run"] ? EXIT.ok : EXIT.interrupted;
}

async function carryOut(call: DeleteCall, stack: Stack, plan: DeletionPlan): Promise<ExitCode> {
  const { name, keeper } = keeperOf(stack);
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const own = join(stack.config.directory, ".contextcore");
  const directory = join(own, "deleted-dashboards", stamp);
  const affected = [
    ...plan.dashboards.map(({ uid, title }) => `dashboard ${uid} (${title})`),
    ...plan.folders.map(({ uid, title }) => `folder ${uid} (${title})`),
  ];
  const operation = {
    operation: "delete_dashboard",
    destructive: true,
    details: { backend: name, copies: relative(stack.config.directory, directory) },
    dataAffected: affected,
    signal: call.signal,
  };
  await using trail = openStackTrail(call, stack.config, stack.sinks);
  return await trail.record(operation, async () => {
    requireOwnDirectories(own, directory);
    const { keep } = await createCopies(directory, plan);
    const result = await deleteDashboards(keeper, plan, { keep, signal: call.signal });
    report(call, result, directory);
    return { result: exitOf(result), ending: endingOf(result, directory) };
  });
}

const exitOf = ({ failed }: Deleted): ExitCode => (failed.length > 0 ? EXIT.partial : EXIT.ok);

function endingOf({ dashboards, folders, failed }: Deleted, exportPath: string) {
  const done = dashboards.length + folders.length;
  const outcome = failed.length === 0 ? "success" : done > 0 ? "partial" : "failed";
  const details = { dashboards: dashboards.length, folders: folders.length, failed: failed.length };
  return { outcome, details, exportPath } as const;
}

function report(
  { args: given, terminal, directory: here }: DeleteCall,
  result: Deleted,
  copies: string,
): void {
  for (const { what, reason } of result.failed) terminal.warn(`${what} was not deleted: ${reason}`);
  if (given.json) {
    terminal.printJson({ ...toJson(true, result), copies });
    return;
  }
  const { dashboards, folders } = result;
  terminal.print(`deleted: dashboards ${dashboards.length}, folders ${folders.length}`);
  const path = relative(here, copies) || copies;
  terminal.note(`copies: ${path}; contextcore dashboards provision ${path} brings them back`);
}

const toJson = (
  deleted: boolean,
  { dashboards, folders, failed }: Deleted,
): v.InferOutput<typeof deleteSchema> => ({
  deleted,
  dashboards: dashboards.map(({ uid, title, folder, tags }) => ({
    uid,
    title,
    folder: [...folder],
    tags: [...tags],
  })),
  folders: folders.map(({ uid, title }) => ({ uid, title })),
  failed: [...failed],
});
