import { manifestSchema } from "../../snapshot/format/manifest.ts";
import { openSnapshot } from "../../snapshot/read/reader.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { exportExit, reportExport } from "../export/report.ts";
import { findSnapshot, SNAPSHOT } from "../snapshot-argument.ts";
import { configOf } from "../stack.ts";

export default defineCommand({
  about: "what one snapshot holds, and what it says is missing",
  args: {
    snapshot: { ...SNAPSHOT, required: true },
    json: { type: "flag", about: "print its manifest" },
  },
  examples: [
    { line: "snapshots show latest", about: "the newest complete one" },
    { line: "snapshots show 20260124-143000 --json", about: "its manifest" },
  ],
  json: manifestSchema,
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const snapshot = await openSnapshot(await findSnapshot(call.args.snapshot, { ...call, backups }));
    await snapshot.close();
    const { path, manifest } = snapshot;
    if (call.args.json) call.terminal.printJson(manifest);
    else reportExport({ path, manifest }, call);
    return exportExit(manifest) === EXIT.error ? EXIT.error : EXIT.ok;
  },
});
