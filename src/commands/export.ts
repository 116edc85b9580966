import { resolve } from "node:path";
import type { Signal } from "../plugin/contract.ts";
import { parseDuration } from "../units/duration.ts";
import { fromMs, fromRfc3339 } from "../units/range.ts";
import { type Call, defineCommand, UsageError } from "./command.ts";
import type { ExitCode } from "./exit-code.ts";
import { readMatches } from "./export-match.ts";
import { planExport } from "./export-plan.ts";
import { describeRange, exportRange } from "./export-range.ts";
import { exportExit, exportJson, exportSchema, reportExport } from "./export-report.ts";
import { resumeExport } from "./resume-export.ts";
import { runExport } from "./run-export.ts";
import { openStack, openStackTrail, type Stack } from "./stack.ts";

const leaveOut = (signal: Signal) => ({ type: "flag", on: true, about: `leave the ${signal} out` }) as const;

const args = {
  time: {
    type: "value",
    alias: "t",
    hint: "DURATION",
    parse: parseDuration,
    about: "how far back to reach, such as 30m, 24h or 7d (default: 24h)",
  },
  from: { type: "value", hint: "TIME", parse: fromRfc3339, about: "begin here: a date or an RFC 3339 time" },
  to: { type: "value", hint: "TIME", parse: fromRfc3339, about: "end before this; default: now" },
  output: {
    type: "value",
    alias: "o",
    hint: "DIRECTORY",
    complete: "directories",
    about: "where snapshots are kept (default: `backups` of the configuration)",
  },
  plugin: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    complete: "plugins",
    about: "only this backend; may be repeated",
  },
  match: {
    type: "value",
    hint: "NAME=SELECTOR",
    repeatable: true,
    about: 'only what this selector in the backend\'s own language finds, e.g. loki={app="shop"}',
  },
  traces: leaveOut("traces"),
  metrics: leaveOut("metrics"),
  logs: leaveOut("logs"),
  dashboards: leaveOut("dashboards"),
  resume: { type: "flag", about: "finish an interrupted export: the newest, or the one named by PARTIAL" },
  json: { type: "flag", about: "print one JSON object" },
  partial: {
    type: "positional",
    hint: "PARTIAL",
    complete: "directories",
    about: "with --resume: the .partial directory",
  },
} as const;

type ExportCall = Call<typeof args>;

export default defineCommand({
  about: "save what the stack holds to a snapshot that is complete or says what is missing",
  args,
  exclusive: [
    ["time", "from"],
    ...["time", "from", "to", "plugin", "match", "traces", "metrics", "logs", "dashboards"].map((name) => [
      "resume",
      name,
    ]),
  ],
  examples: [
    { line: "export -t 24h -o ./backups/", about: "the last day, from every backend" },
    { line: "export --plugin loki --match '{app=\"shop\"}' -t 7d", about: "one application's logs" },
    { line: "export --resume", about: "finish what was interrupted" },
  ],
  json: exportSchema,
  async run(call) {
    const stack = await openStack(call, call.args.plugin);
    const trail = openStackTrail(call, stack.config, stack.sinks);
    try {
      const result = await (call.args.resume ? resumeExport : startExport)(call, { stack, trail });
      if (call.args.json) call.terminal.printJson(exportJson(result));
      else reportExport(result, call.terminal);
      return exportExit(result.manifest) satisfies ExitCode;
    } finally {
      await trail.close();
    }
  },
});

async function startExport(
  call: ExportCall,
  { stack, trail }: { stack: Stack; trail: ReturnType<typeof openStackTrail> },
) {
  const { args: given, terminal, signal } = call;
  if (given.partial !== undefined)
    throw new UsageError(
      `unexpected argument ${given.partial}`,
      "with --resume it names an interrupted export",
    );
  const range = exportRange(given, fromMs(Date.now()));
  const signals = wantedSignals(given);
  const matches = readMatches(
    given.match,
    stack.backends.map(({ name }) => name),
  );
  terminal.note(describeRange(range));
  const plan = await planExport(stack, { signals, signal, rangeFor: () => range, matches });
  if (plan.parts.length + plan.failures.length === 0) throw new UsageError("nothing is left to export");
  return runExport(call, { stack, trail, plan, directory: outputOf(call, stack) });
}

function wantedSignals(given: ExportCall["args"]): ReadonlySet<Signal> {
  const all = ["traces", "metrics", "logs", "dashboards"] as const;
  const wanted = all.filter((signal) => given[signal]);
  if (wanted.length === 0) throw new UsageError("nothing is left to export", "drop one of the --no-… flags");
  return new Set(wanted);
}

/** Where snapshots are kept. */
export const outputOf = (call: ExportCall, { config }: Stack): string =>
  call.args.output === undefined ? config.backups : resolve(call.directory, call.args.output);
