import * as v from "valibot";
import type { Trusted, TrustPlan } from "../../tasks/plugin-trust.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { showNewUses, showReview } from "./review.ts";
import { showDifferences } from "./show-differences.ts";
import { conductTrust, trustQuestion } from "./trust-course.ts";

const args = {
  plugin: {
    type: "positional",
    hint: "PLUGIN",
    required: true,
    complete: "third-parties",
    about: "its name, path or package",
  },
  yes: { type: "flag", alias: "y", about: "trust it without being asked" },
  json: { type: "flag", about: "print one JSON object; trust only with --yes" },
} as const;

type TrustCall = Call<typeof args>;

const reportSchema = v.object({
  plugin: v.string(),
  source: v.string(),
  sha256: v.string(),
  trusted: v.boolean(),
  newUses: v.array(v.string()),
  files: v.array(
    v.object({
      file: v.string(),
      change: v.picklist(["changed", "new", "gone"]),
      lines: v.optional(v.array(v.string())),
      reason: v.optional(v.string()),
    }),
  ),
});

export default defineCommand({
  about: "show what has changed in a plugin since it was trusted, ask, and trust it as it is now",
  args,
  examples: [
    { line: "plugin trust acme/lines", about: "shows the changed lines, and asks" },
    {
      line: "plugin trust acme/lines --json",
      about: "the whole difference, for another tool; trusts nothing",
    },
  ],
  json: reportSchema,
  run: (call) =>
    conductTrust(
      call,
      {
        action: "trust",
        plugin: call.args.plugin,
        yes: call.args.yes,
        isOnlyShown: call.args.json && !call.args.yes,
      },
      {
        show: (plan) => show(call, plan),
        question: () => trustQuestion("Trust it as it is now?"),
        report: (plan, result) => report(call, plan, result),
      },
    ),
});

function show({ args: given, terminal }: TrustCall, plan: TrustPlan): void {
  if (given.json || plan.action === "remove" || plan.isTrusted) return;
  showReview(terminal, plan);
  showDifferences(terminal, plan.differences);
  if (plan.entry !== undefined) showNewUses(terminal, plan.changes.newUses);
}

/** With `--json` nobody is asked: the plugin is trusted only with `--yes`. */
function report(
  { args: given, terminal }: TrustCall,
  plan: TrustPlan,
  result?: Trusted,
): ExitCode | undefined {
  if (plan.action === "remove") return undefined;
  const { isTrusted, entry, spec, sha256, changes, differences } = plan;
  const trusted = isTrusted || result !== undefined;
  if (given.json) {
    const name = result?.name ?? entry?.name ?? spec;
    terminal.printJson({
      plugin: name,
      source: spec,
      sha256,
      trusted,
      newUses: changes.newUses,
      files: differences,
    });
  } else if (isTrusted) terminal.print(`${entry?.name} is as it was trusted`);
  else if (result === undefined) terminal.note("nothing was trusted");
  else terminal.print(`${result.name} is trusted as it is now`);
  return trusted ? undefined : EXIT.refused;
}
