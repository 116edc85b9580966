import { defineCommand } from "../command.ts";
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
  run: (call) =>
    conductTrust(
      call,
      { action: "remove", plugin: call.args.plugin, yes: true },
      {
        report: (_, result) =>
          void call.terminal.print(`${result?.name} was removed; its files stay where they are`),
      },
    ),
});
