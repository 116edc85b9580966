import { relative } from "node:path";
import * as v from "valibot";
import { unwrittenSchema } from "../../dashboards/attempts.ts";
import type { Deleted } from "../../dashboards/delete.ts";
import { titlesAbove } from "../../dashboards/listing.ts";
import { type DashboardDeletion, deleteDashboard } from "../../tasks/delete-dashboard.ts";
import { formatTable } from "../../terminal/table.ts";
import { given } from "../../units/given.ts";
import { type Call, defineCommand } from "../command.ts";
import { conduct } from "../conduct.ts";
import { planArgs } from "../confirmed.ts";
import { dashboardSchema } from "./list.ts";

const args = {
  ...deleteDashboard.params,
  ...planArgs("show what would be deleted and delete nothing"),
} as const;

type DeleteCall = Call<typeof args>;

const deleteSchema = v.object({
  deleted: v.boolean(),
  dashboards: v.array(dashboardSchema),
  folders: v.array(v.object({ uid: v.string(), title: v.string() })),
  failed: v.array(unwrittenSchema),
  interrupted: v.optional(
    v.pipe(v.array(v.string()), v.description("It was interrupted; whether these were deleted is unknown")),
  ),
  copies: v.optional(
    v.pipe(v.string(), v.description("The directory with a copy of each; provision puts them back")),
  ),
});

export default defineCommand({
  about: deleteDashboard.about,
  args,
  examples: [
    { line: "dashboards delete nErXDvCkzz", about: "asks first" },
    { line: 'dashboards delete --folder "Platform/Services" --dry-run', about: "what would be deleted" },
    { line: "dashboards delete nErXDvCkzz --yes", about: "in a script" },
  ],
  json: deleteSchema,
  run: (call) =>
    conduct(deleteDashboard, call, {
      untouched: UNTOUCHED,
      show: (plan) => showPlan(call, plan),
      question: () => ({ message: "Delete them?", what: "the deletion" }),
      report: (plan, result) => (result === undefined ? untouched(call, plan) : report(call, plan, result)),
    }),
});

const UNTOUCHED = "nothing was deleted";

function showPlan(
  { args: asked, terminal }: DeleteCall,
  { dashboards, folders, listing }: DashboardDeletion,
): void {
  if (asked.json) return;
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

function untouched(
  { args: asked, terminal }: DeleteCall,
  { dashboards, folders }: DashboardDeletion,
): undefined {
  if (asked.json) terminal.printJson(toJson(false, { dashboards, folders, failed: [] }));
  else if (asked["dry-run"]) terminal.note(UNTOUCHED);
}

function report(
  { args: asked, terminal, directory: here }: DeleteCall,
  plan: DashboardDeletion,
  result: Deleted,
): undefined {
  const { copies } = plan;
  const { dashboards, folders, failed, stopped } = result;
  for (const { what, reason } of failed) terminal.warn(`${what} was not deleted: ${reason}`);
  if (asked.json) {
    const interrupted = given({ interrupted: stopped && [...stopped.unknown] });
    const isAny = stopped === undefined || dashboards.length + folders.length > 0;
    terminal.printJson({ ...toJson(isAny, result), ...interrupted, copies });
    return;
  }
  if (stopped !== undefined) {
    const rest = plan.dashboards.length + plan.folders.length - dashboards.length - folders.length;
    const unknown = stopped.unknown.map((what) => `; whether ${what} was deleted is unknown`);
    terminal.warn(`interrupted: ${rest} were left${unknown.join("")}`);
  }
  const path = relative(here, copies) || copies;
  terminal.note(`copies: ${path}; contextcore dashboards provision ${path} restores them`);
  terminal.print(`deleted: dashboards ${dashboards.length}, folders ${folders.length}`);
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
