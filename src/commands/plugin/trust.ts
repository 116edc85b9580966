import { PLUGIN_TRUST, trustJson } from "../../results/plugins.ts";
import type { Trusted, TrustPlan } from "../../tasks/plugin-trust.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
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
} as const;

type TrustCall = Call<typeof args>;

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
  json: [PLUGIN_TRUST],
  jsonNote: "trust only with --yes",
  run: (call) =>
    conductTrust(
      call,
      {
        action: "trust",
        plugin: call.args.plugin,
        yes: call.args.yes,
        isOnlyShown: call.json && !call.args.yes,
      },
      {
        show: (plan) => show(call, plan),
        question: () => trustQuestion("Trust it as it is now?"),
        report: (plan, result) => report(call, plan, result),
      },
    ),
});

function show({ json, terminal }: TrustCall, plan: TrustPlan): void {
  if (json || plan.action === "remove" || plan.isTrusted) return;
  showReview(terminal, plan);
  showDifferences(terminal, plan.differences);
  if (plan.entry !== undefined) showNewUses(terminal, plan.changes.newUses);
}

/** With `--json` nobody is asked: the plugin is trusted only with `--yes`. */
function report(call: TrustCall, plan: TrustPlan, result?: Trusted): ExitCode | undefined {
  if (plan.action === "remove") return undefined;
  const { terminal } = call;
  const { isTrusted, entry } = plan;
  const trusted = isTrusted || result !== undefined;
  if (call.json) printResult(call, PLUGIN_TRUST, trustJson(plan, result));
  else if (isTrusted) terminal.tell(`${entry?.name} is as it was trusted`);
  else if (result === undefined) terminal.last("nothing was trusted");
  else terminal.tell(`${result.name} is trusted as it is now`);
  return trusted ? undefined : EXIT.refused;
}
