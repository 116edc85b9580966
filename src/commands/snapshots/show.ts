import { snapshotJson } from "../../results/parts.ts";
import { SNAPSHOTS_SHOW } from "../../results/snapshots.ts";
import { type KeptSnapshot, keptAt } from "../../snapshot/catalog/kept.ts";
import { meantBy, type SnapshotPlaces } from "../../tasks/snapshots/named-snapshot.ts";
import { chooseSnapshots, SNAPSHOT } from "../../tasks/snapshots/snapshot-param.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { tellChosen, tellLacking, tellNames } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { reportExport } from "../report-export.ts";
import { placeArgs, withPlaces } from "./places.ts";

/** If `latest` means several snapshots, shows the one with most backends' newest state, and names the others. */
async function shown({ terminal }: Call, named: string, where: SnapshotPlaces): Promise<KeptSnapshot> {
  const { files, among } = await meantBy(named, where);
  if (files !== undefined) return keptAt(files);
  const chosen = await chooseSnapshots({ snapshot: named }, where);
  tellChosen(chosen, terminal);
  tellLacking(chosen, terminal);
  tellNames(chosen, terminal, named);
  const states = Map.groupBy(chosen.chains, ({ state }) => state.snapshot);
  const [most] = [...states].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) throw new UsageError(`no complete snapshot is kept in ${among.root}`);
  return most[0];
}

export default defineCommand({
  about: "show what one snapshot holds and what it lacks",
  args: { snapshot: { ...SNAPSHOT, required: true }, ...placeArgs },
  examples: [
    { line: "snapshots show latest", about: "the newest complete one" },
    { line: "snapshots show 20260124-143000 --json", about: "its manifest" },
  ],
  json: [SNAPSHOTS_SHOW],
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { snapshot: named } = call.args;
    const { path, manifest } = await withPlaces(call, [named], (where) => shown(call, named, where));
    if (call.json) printResult(call, SNAPSHOTS_SHOW, { snapshot: snapshotJson(path), manifest });
    else reportExport({ path, manifest }, call, true);
    return manifest.status === "failed" ? EXIT.error : EXIT.ok;
  },
});
