import { resolve } from "node:path";
import { type Converted, writeOpenMetrics } from "../../convert/openmetrics.ts";
import { convertJson, SNAPSHOTS_CONVERT } from "../../results/snapshots.ts";
import { type Chosen, lacksNothing } from "../../snapshot/catalog/choose.ts";
import type { Manifest } from "../../snapshot/format/manifest.ts";
import { writeNamedFile } from "../../storage/named-file.ts";
import { IGNORE_ERASURES, openRestorable } from "../../tasks/snapshots/erasures.ts";
import type { SnapshotPlaces } from "../../tasks/snapshots/named-snapshot.ts";
import { chooseSnapshots, type OpenChosen, SNAPSHOT } from "../../tasks/snapshots/snapshot-param.ts";
import { UsageError } from "../../tasks/task/errors.ts";
import { counted } from "../../units/words.ts";
import { tellOpened } from "../chain-text.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { placeArgs, withPlaces } from "./places.ts";

const args = {
  snapshot: { ...SNAPSHOT, required: true },
  ...placeArgs,
  "ignore-erasures": IGNORE_ERASURES,
  to: {
    type: "value",
    values: ["openmetrics"],
    required: true,
    about:
      "openmetrics: what promtool tsdb create-blocks-from openmetrics accepts; it cannot carry stale markers, NaN payloads, native histograms, exemplars and metadata",
  },
  plugin: {
    type: "value",
    hint: "NAME",
    complete: "backends",
    about: "the backend whose metrics to write, if several have some",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "FILE",
    complete: "files",
    required: true,
    about: "the file to write; - is stdout",
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
  json: [SNAPSHOTS_CONVERT],
  async run(call): Promise<ExitCode> {
    const { args: given, terminal, directory, signal } = call;
    const isStdout = given.output === "-";
    if (isStdout && call.json)
      throw new UsageError("--output - and --json contradict each other", "both would be written to stdout");
    await using opened = await withPlaces(call, [given.snapshot], async (where) =>
      openToConvert(
        await chooseSnapshots({ snapshot: given.snapshot, only: ["metrics"] }, where),
        where,
        call,
      ),
    );
    tellOpened(opened, terminal);
    const { snapshot } = opened;
    const wanted = oneOf(given.plugin, snapshot.manifest);
    const path = resolve(directory, given.output);
    let isWhole = true;
    const write = async (pieces: AsyncIterable<string>): Promise<void> => {
      if (isStdout) isWhole = await terminal.pour(pieces, signal);
      else await writeNamedFile(path, pieces, signal);
    };
    const totals = await writeOpenMetrics(snapshot, write, wanted);
    if (totals === undefined)
      throw new UsageError(
        `${snapshot.path} has no metrics${wanted === undefined ? "" : ` of ${wanted}`}, so nothing was written`,
        "`contextcore snapshots show` says what a snapshot holds",
      );
    if (call.json) printResult(call, SNAPSHOTS_CONVERT, convertJson(snapshot.path, path, totals));
    const exit = told(call, totals);
    return isWhole && lacksNothing(opened.chosen, opened.broken) ? exit : EXIT.partial;
  },
});

/** Opens what was chosen without what was erased since. */
async function openToConvert(
  chosen: Chosen,
  where: SnapshotPlaces,
  { args: given, terminal, signal }: Call<typeof args>,
): Promise<OpenChosen> {
  const erasures = await where.erasures(chosen.chains, given["ignore-erasures"]);
  for (const { name, reason } of erasures.ignored)
    terminal.warn(`what was erased is not known from ${name}, so it may be in it: ${reason}`);
  const opened = await openRestorable(chosen.chains, erasures, { signal });
  const close = async (): Promise<void> => {
    erasures[Symbol.dispose]();
    await opened[Symbol.asyncDispose]();
  };
  return { ...opened, chosen, [Symbol.asyncDispose]: close };
}

/** The requested backend. @throws UsageError when that is unclear, or it has no metrics */
function oneOf(named: string | undefined, { plugins }: Pick<Manifest, "plugins">): string | undefined {
  const names = plugins.filter(({ signals = [] }) => signals.includes("metrics")).map(({ name }) => name);
  if (named === undefined && names.length < 2) return names[0];
  if (named !== undefined && names.includes(named)) return named;
  throw new UsageError(
    named === undefined ? "whose metrics?" : `--plugin ${named}: it has no metrics in this snapshot`,
    `--plugin with one of ${names.join(", ")}`,
  );
}

/** Reports what the format could not carry: nothing is left out silently. */
function told({ terminal, json, args: { output } }: Call<typeof args>, totals: Converted): ExitCode {
  const text = `${output === "-" ? "stdout" : output}: ${counted(totals.samples, "sample")}`;
  if (output === "-") terminal.last(text);
  else if (!json) terminal.tell(text);
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
