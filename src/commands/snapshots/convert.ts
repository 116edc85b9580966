import { resolve } from "node:path";
import { type Converted, openMetrics } from "../../convert/openmetrics.ts";
import { writeWhole } from "../../convert/write-whole.ts";
import { isWhole } from "../../snapshot/catalog/choose.ts";
import { openChain } from "../../snapshot/catalog/open-chain.ts";
import { chooseSnapshots, SNAPSHOT } from "../../tasks/snapshot-param.ts";
import { counted } from "../../units/words.ts";
import { tellBroken, tellChosen, tellLacking } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { configOf } from "../stack.ts";

const args = {
  snapshot: { ...SNAPSHOT, required: true },
  to: {
    type: "value",
    values: ["openmetrics"],
    required: true,
    about:
      "openmetrics: what promtool tsdb create-blocks-from openmetrics accepts; it cannot carry stale markers, NaN payloads, native histograms, exemplars and metadata",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "FILE",
    complete: "files",
    required: true,
    about: "the file to write",
  },
} as const;

export default defineCommand({
  about: "write a snapshot's data in another tool's format",
  args,
  examples: [
    {
      line: "snapshots convert latest --to openmetrics -o metrics.om",
      about: "then: promtool tsdb create-blocks-from openmetrics metrics.om data/",
    },
  ],
  async run(call): Promise<ExitCode> {
    const { backups } = await configOf(call);
    const { snapshot: named } = call.args;
    const chosen = await chooseSnapshots({ snapshot: named, only: ["metrics"] }, { ...call, backups });
    tellChosen(chosen, call.terminal);
    tellLacking(chosen, call.terminal);
    const { snapshot, broken } = await openChain(chosen.chains, { signal: call.signal });
    tellBroken(broken, call.terminal);
    const totals: Converted = { samples: 0, stale: 0, nanPayloads: 0, histograms: 0 };
    try {
      await writeWhole(resolve(call.directory, call.args.output), openMetrics(snapshot, totals), call.signal);
    } finally {
      await snapshot.close();
    }
    const exit = told(call, totals);
    return isWhole(chosen, broken) ? exit : EXIT.partial;
  },
});

/** Says what the format could not carry: nothing is left out silently. */
function told({ terminal, args: { output } }: Call<typeof args>, totals: Converted): ExitCode {
  terminal.print(`${output}: ${counted(totals.samples, "sample")}`);
  const lost = [
    [totals.stale, "stale markers"],
    [totals.nanPayloads, "NaNs with a payload"],
    [totals.histograms, "native histograms"],
  ] as const;
  for (const [count, what] of lost) {
    if (count > 0)
      terminal.warn(`${count.toLocaleString("en")} ${what} are not in it: OpenMetrics cannot say them`);
  }
  return lost.some(([count]) => count > 0) ? EXIT.partial : EXIT.ok;
}
