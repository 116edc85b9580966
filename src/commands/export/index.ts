import { SIGNALS, type Signal } from "../../contract/contract.ts";
import type { ExportResult } from "../../export/types.ts";
import { wholeRange, withinData } from "../../inventory/whole-range.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { UsageError } from "../../tasks/errors.ts";
import { nowAt } from "../../units/clock-skew.ts";
import { fromMs } from "../../units/range.ts";
import { defineCommand } from "../command.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { type ExportCall, exportArgs, outputOf } from "./args.ts";
import { checkMatches } from "./check-matches.ts";
import { flushAll } from "./flush.ts";
import { readMatches } from "./match.ts";
import { holdsOneOf, type PlanOptions, planExport } from "./plan.ts";
import { describeRange, exportRange } from "./range.ts";
import { exportExit, exportJson, exportSchema, reportExport } from "./report.ts";
import { resumeExport } from "./resume.ts";
import { type ExportSetting, runExport } from "./run.ts";
import { sinceLast } from "./since-last.ts";

/** What a resumed export takes over from the interrupted one. */
const ASKED_BEFORE = [
  ...["all", "since-last", "time", "from", "to", "plugin", "match", ...SIGNALS],
  ...["compress", "max-file-size"],
];

export default defineCommand({
  about: "save what the stack holds to a snapshot that is complete or says what is missing",
  args: exportArgs,
  exclusive: [
    ["time", "from"],
    ...["time", "from", "to", "since-last"].map((name) => ["all", name]),
    ...["time", "from"].map((name) => ["since-last", name]),
    ...ASKED_BEFORE.map((name) => ["resume", name]),
  ],
  examples: [
    { line: "export -t 24h -o ./backups/", about: "the last day, from every backend" },
    { line: "export --plugin loki --match '{app=\"shop\"}' -t 7d", about: "one application's logs" },
    { line: "export --since-last", about: "every night: what came since the newest complete snapshot" },
    { line: "export --resume", about: "finish what was interrupted" },
  ],
  json: exportSchema,
  async run(call) {
    const result = await exported(call);
    if (call.args.json) call.terminal.printJson(exportJson(result));
    else reportExport(result, call);
    return exportExit(result.manifest);
  },
});

/** The trail is closed before the report: its sinks may have something to say, and the report comes last. */
async function exported(call: ExportCall): Promise<ExportResult> {
  const stack = await openStack(call, { only: call.args.plugin });
  await using trail = openStackTrail(call, stack.config, stack.sinks);
  return await (call.args.resume ? resumeExport : startExport)(call, { stack, trail });
}

async function startExport(call: ExportCall, { stack, trail }: Pick<ExportSetting, "stack" | "trail">) {
  const { args } = call;
  if (args.partial !== undefined) {
    throw new UsageError(
      `unexpected argument ${args.partial}`,
      "with --resume it names an interrupted export",
    );
  }
  const names = stack.backends.map(({ name }) => name);
  const signals: ReadonlySet<Signal> = new Set(SIGNALS.filter((signal) => args[signal]));
  const options = { signals, matches: readMatches(args.match, names) };
  const wanted = stack.backends.filter(({ plugin }) => holdsOneOf(plugin.signals, signals));
  requireSomething(signals, wanted);
  await flushAll(call, wanted);
  const plan = await planExport(call, stack, { ...options, spanFor: await spansOf(call, stack) });
  await checkMatches(plan, call.signal);
  return runExport(call, { stack, trail, plan, directory: outputOf(call, stack), files: filesOf(args) });
}

/** What is read of each backend. Where one ends now, that is now by the server's clock. */
async function spansOf(call: ExportCall, stack: Stack): Promise<PlanOptions["spanFor"]> {
  const now = fromMs(Date.now());
  if (call.args.all)
    return (finding) => ({ range: wholeRange(finding, nowAt(finding.open, now)), parent: null });
  if (call.args["since-last"]) {
    const { snapshots } = await readKept(outputOf(call, stack));
    return (finding) => {
      const { why, ...span } = sinceLast(finding, snapshots, call.args.to ?? nowAt(finding.open, now));
      call.terminal.note(`${finding.name}: ${why}`);
      return span;
    };
  }
  call.terminal.note(describeRange(exportRange(call.args, now)));
  return (finding) => ({ range: withinData(exportRange(call.args, nowAt(finding.open, now)), finding) });
}

const filesOf = ({
  compress,
  "max-file-size": fileBytesMax,
}: ExportCall["args"]): NonNullable<ExportSetting["files"]> => ({
  ...(compress === undefined ? {} : { compression: compress }),
  ...(fileBytesMax === undefined ? {} : { fileBytesMax }),
});

/** @throws UsageError when the flags leave nothing of what this stack holds */
function requireSomething(signals: ReadonlySet<Signal>, wanted: Stack["backends"]): void {
  if (signals.size === SIGNALS.length || (signals.size > 0 && wanted.length > 0)) return;
  throw new UsageError("nothing is left to export", "drop one of the --no-… flags");
}
