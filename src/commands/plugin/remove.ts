import { takeFromPlugins } from "../../config/edit-plugins.ts";
import { readLock } from "../../host/trust/lock.ts";
import { distrustPlugin } from "../../host/trust/record.ts";
import { agreementOf } from "../agreement.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { configOf } from "../stack.ts";
import { recorded, tidyCopies } from "./recorded.ts";
import { configuredSpec } from "./spec.ts";

export default defineCommand({
  about: "no longer load or trust a plugin; its files and its snapshots stay",
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
  async run(call) {
    const { args, terminal, directory } = call;
    const config = await configOf(call);
    const spec = configuredSpec(args.plugin, directory, config);
    const name = readLock(config.directory)[spec]?.name ?? spec;
    await agreementOf(call, config);
    await recorded(call, config, { action: "remove", plugin: name, source: spec }, () => {
      takeFromPlugins(config, spec);
      distrustPlugin(config.directory, spec);
    });
    tidyCopies(call, config);
    terminal.print(`${name} is removed; its files stay where they are`);
    return EXIT.ok;
  },
});
