import { addToPlugins } from "../../config/edit-plugins.ts";
import type { Plugin } from "../../contract/contract.ts";
import { pluginFiles } from "../../host/trust/files.ts";
import { withLastWord } from "../../tasks/last-word.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { configOf } from "../stack.ts";
import { grantTrust } from "./grant.ts";
import { isTrusted, showReview } from "./review.ts";
import { locateWord } from "./spec.ts";

export default defineCommand({
  about: "show a third party's plugin, ask, and from then on load it",
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
  async run(call) {
    const { args, terminal, directory, signal } = call;
    const config = await configOf(call);
    const location = locateWord(args.path, directory, config);
    const found = pluginFiles(location);
    showReview(terminal, location, found);
    const trusted = await isTrusted({ yes: args.yes, terminal, signal }, "Trust these files and load them?");
    if (trusted !== true) {
      terminal.note("nothing was added");
      return trusted === undefined ? EXIT.interrupted : EXIT.refused;
    }
    const plugin = await grantTrust({ call, config, location, found, action: "add" });
    const file = added(plugin, () => addToPlugins(config, location.spec));
    terminal.print(`${plugin.name} is added to ${file}`);
    for (const line of nextSteps(plugin)) terminal.note(line);
    return EXIT.ok;
  },
});

/** The trust is recorded by now, whatever becomes of the configuration. */
function added({ name }: Plugin, add: () => string): string {
  try {
    return add();
  } catch (error) {
    throw withLastWord(error, `${name} is trusted, but not listed under plugins: yet`);
  }
}

/** A backend is asked from now on; a sink only where it is configured. */
function nextSteps({ name, backend, sink }: Plugin): string[] {
  return [
    ...(backend === undefined
      ? []
      : [`contextcore plugin info ${name} shows its options; contextcore inventory asks it`]),
    ...(sink === undefined ? [] : [`to send audit events there, write under sinks:  ${name}: {}`]),
  ];
}
