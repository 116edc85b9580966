import { locatePlugin } from "../../plugin/locate.ts";
import { pluginFiles } from "../../plugin/trust/files.ts";
import { readLock } from "../../plugin/trust/lock.ts";
import { changesSince } from "../../plugin/trust/trust.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { configOf } from "../stack.ts";
import { grantTrust } from "./grant.ts";
import { isTrusted, showChanges, showReview } from "./review.ts";
import { configuredSpec } from "./spec.ts";

export default defineCommand({
  about: "show what has changed in a plugin since it was trusted, ask, and trust it as it is now",
  args: {
    plugin: {
      type: "positional",
      hint: "PLUGIN",
      required: true,
      complete: "plugins",
      about: "its name, path or package",
    },
    yes: { type: "flag", alias: "y", about: "trust it without being asked" },
  },
  examples: [{ line: "plugin trust acme/lines", about: "after an update that you have read" }],
  async run(call) {
    const { args, terminal, directory, signal } = call;
    const config = await configOf(call);
    const spec = configuredSpec(args.plugin, directory, config);
    const location = locatePlugin(spec, config.directory);
    const found = pluginFiles(location);
    const entry = readLock(config.directory)[spec];
    const changes = changesSince(found, entry);
    if (entry !== undefined && changes.changed.length + changes.added.length + changes.removed.length === 0) {
      terminal.print(`${entry.name} is as it was trusted`);
      return EXIT.ok;
    }
    showReview(terminal, location, found);
    if (entry !== undefined) showChanges(terminal, changes);
    if (!(await isTrusted({ yes: args.yes, terminal, signal }, "Trust it as it is now?"))) {
      terminal.note("nothing was trusted");
      return EXIT.refused;
    }
    const plugin = await grantTrust({ call, config, location, found, action: "trust" });
    terminal.print(`${plugin.name} is trusted as it is now`);
    return EXIT.ok;
  },
});
