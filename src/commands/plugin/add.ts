import type { Plugin } from "../../contract/contract.ts";
import { grantJson, PLUGIN_ADD } from "../../results/plugins.ts";
import { defineCommand } from "../command.ts";
import { printResult } from "../print-result.ts";
import { showReview } from "./review.ts";
import { conductTrust, trustQuestion } from "./trust-course.ts";

export default defineCommand({
  about: "show a third-party plugin, ask, and load it from then on",
  args: {
    path: {
      type: "positional",
      hint: "PATH",
      required: true,
      complete: "files",
      about: "a .ts or .js file, a folder, or the name of an installed package",
    },
    yes: { type: "flag", alias: "y", about: "trust it without being asked" },
  },
  examples: [
    { line: "plugin add ./lines", about: "after it was checked" },
    { line: "plugin add @acme/contextcore-clickhouse --yes", about: "a package, in a script" },
  ],
  json: [PLUGIN_ADD],
  run: (call) =>
    conductTrust(
      call,
      { action: "add", plugin: call.args.path, yes: call.args.yes },
      {
        show: (plan) => showReview(call.terminal, plan),
        question: () => trustQuestion("Trust these files and load them?"),
        report(plan, result) {
          if (call.json && plan.action !== "remove") printResult(call, PLUGIN_ADD, grantJson(plan, result));
          else if (result === undefined) call.terminal.last("nothing was added");
          else call.terminal.tell(`${result.name} was added to ${result.file}`);
          for (const line of nextSteps(result?.plugin)) call.terminal.note(line);
          return undefined;
        },
      },
    ),
});

/** A backend is used from now on; a sink or a store only if it is configured. */
function nextSteps(plugin: Plugin | undefined): string[] {
  if (plugin === undefined) return [];
  const { name, backend, sink, store } = plugin;
  return [
    ...(backend === undefined
      ? []
      : [`contextcore plugin info ${name} shows its options; contextcore inventory asks it`]),
    ...(sink === undefined ? [] : [`to send audit events there, write under sinks:  ${name}: {}`]),
    ...(store === undefined
      ? []
      : [`to keep snapshots there, write under stores:  offsite: { plugin: ${name} }`]),
  ];
}
