import * as v from "valibot";
import type { Config } from "../../config/config.ts";
import { type Location, locatePlugin } from "../../host/locate.ts";
import { type Difference, differences } from "../../host/trust/differences.ts";
import { hashOfFiles, type PluginFiles, pluginFiles } from "../../host/trust/files.ts";
import { type LockEntry, readLock } from "../../host/trust/lock.ts";
import { type Changes, changesSince } from "../../host/trust/trust.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { configOf } from "../stack.ts";
import { grantTrust } from "./grant.ts";
import { isTrusted, showNewUses, showReview } from "./review.ts";
import { showDifferences } from "./show-differences.ts";
import { configuredSpec } from "./spec.ts";

const args = {
  plugin: {
    type: "positional",
    hint: "PLUGIN",
    required: true,
    complete: "third-parties",
    about: "its name, path or package",
  },
  yes: { type: "flag", alias: "y", about: "trust it without being asked" },
  json: { type: "flag", about: "print one JSON object, and without --yes trust nothing" },
} as const;

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
  async run(call) {
    const { args, terminal, signal } = call;
    const review = await reviewOf(call);
    const { entry, changes, location, found } = review;
    if (args.json) return report(call, review);
    if (entry !== undefined && isUnchanged(changes)) {
      terminal.print(`${entry.name} is as it was trusted`);
      return EXIT.ok;
    }
    showReview(terminal, location, found);
    showDifferences(terminal, review.differences);
    if (entry !== undefined) showNewUses(terminal, changes.newUses);
    const trusted = await isTrusted({ yes: args.yes, terminal, signal }, "Trust it as it is now?");
    if (trusted !== true) {
      terminal.note("nothing was trusted");
      return trusted === undefined ? EXIT.interrupted : EXIT.refused;
    }
    const plugin = await grantTrust({ call, ...review, action: "trust" });
    terminal.print(`${plugin.name} is trusted as it is now`);
    return EXIT.ok;
  },
});

interface Review {
  readonly config: Config;
  readonly location: Location;
  readonly found: PluginFiles;
  readonly entry: LockEntry | undefined;
  readonly changes: Changes;
  /** Empty for what was never trusted. */
  readonly differences: readonly Difference[];
}

async function reviewOf(call: Call<typeof args>): Promise<Review> {
  const config = await configOf(call);
  const spec = configuredSpec(call.args.plugin, call.directory, config);
  const location = locatePlugin(spec, config.directory);
  const found = pluginFiles(location);
  const entry = readLock(config.directory)[spec];
  const changes = changesSince(found, entry);
  const shown =
    entry === undefined ? [] : differences(changes, { directory: config.directory, location, found, entry });
  return { config, location, found, entry, changes, differences: shown };
}

const isUnchanged = ({ changed, added, removed }: Changes): boolean =>
  changed.length + added.length + removed.length === 0;

/** A program reads it, so nobody is asked: it is trusted with `--yes`, or not. */
async function report(call: Call<typeof args>, review: Review): Promise<ExitCode> {
  const { entry, changes, location, found } = review;
  const unchanged = entry !== undefined && isUnchanged(changes);
  const granted =
    !unchanged && call.args.yes ? await grantTrust({ call, ...review, action: "trust" }) : undefined;
  const trusted = unchanged || granted !== undefined;
  call.terminal.printJson({
    plugin: granted?.name ?? entry?.name ?? location.spec,
    source: location.spec,
    sha256: hashOfFiles(found.files),
    trusted,
    newUses: changes.newUses,
    files: review.differences,
  });
  return trusted ? EXIT.ok : EXIT.refused;
}
