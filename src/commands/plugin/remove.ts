import { PLUGIN_REMOVE } from "../../results/plugins.ts";
import { defineCommand } from "../command.ts";
import { printResult } from "../print-result.ts";
import { conductTrust } from "./trust-course.ts";

export default defineCommand({
  about: "stop loading and trusting a plugin; its files and snapshots stay",
  args: {
    plugin: {
      type: "positional",
      hint: "PLUGIN",
      required: true,
      complete: "third-parties",
      about: "its name, path or package",
    },
  },
  examples: [
    { line: "plugin remove acme/lines", about: "takes it out of contextcore.yaml and contextcore.lock" },
  ],
  json: [PLUGIN_REMOVE],
  run: (call) =>
    conductTrust(
      call,
      { action: "remove", plugin: call.args.plugin, yes: true },
      {
        report({ spec }, result) {
          const plugin = result?.name ?? spec;
          if (call.json) printResult(call, PLUGIN_REMOVE, { plugin, source: spec, removed: true });
          else call.terminal.tell(`${plugin} was removed; its files stay where they are`);
          return undefined;
        },
      },
    ),
});
