import { snapshotJson } from "../../results/parts.ts";
import { SNAPSHOTS_SHOW } from "../../results/snapshots.ts";
import type { KeptSnapshot } from "../../snapshot/catalog/kept.ts";
import { readManifest } from "../../snapshot/read/manifest-file.ts";
import { UsageError } from "../../tasks/errors.ts";
import { chooseSnapshots, findSnapshot, SNAPSHOT } from "../../tasks/snapshot-param.ts";
import { configOf } from "../caller.ts";
import { tellChosen, tellLacking, tellNames } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { exportExit, reportExport } from "../export/report.ts";
import { printResult } from "../print-result.ts";

/** If `latest` means several snapshots, shows the one with most backends' newest state, and names the others. */
async function shown({ directory, terminal }: Call, named: string, backups: string): Promise<KeptSnapshot> {
  if (named !== "latest") {
    const path = await findSnapshot(named, { directory, backups });
    return { path, manifest: await readManifest(path) };
  }
  const chosen = await chooseSnapshots({ snapshot: named }, { directory, backups });
  tellChosen(chosen, terminal);
  tellLacking(chosen, terminal);
  tellNames(chosen, terminal, named);
  const states = Map.groupBy(chosen.chains, ({ state }) => state.snapshot);
  const [most] = [...states].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) throw new UsageError(`no complete snapshot is kept in ${backups}`);
  return most[0];
}

export default defineCommand({
  about: "show what one snapshot holds and what it lacks",
  args: { snapshot: { ...SNAPSHOT, required: true } },
  examples: [
    { line: "snapshots show latest", about: "the newest complete one" },
    { line: "snapshots show 20260124-143000 --json", about: "its manifest" },
  ],
  json: [SNAPSHOTS_SHOW],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const { snapshot: named } = call.args;
    const { path, manifest } = await shown(call, named, backups);
    if (call.json) printResult(call, SNAPSHOTS_SHOW, { snapshot: snapshotJson(path), manifest });
    else reportExport({ path, manifest }, call);
    return exportExit(manifest) === EXIT.error ? EXIT.error : EXIT.ok;
  },
});
