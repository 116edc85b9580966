import { resolve } from "node:path";
import type { Ending, Trail } from "../../audit/event.ts";
import { newRestoreDirectory, type RestoreRequest, unfinishedRestore } from "../../restore/directory.ts";
import { openJournal } from "../../restore/journal.ts";
import { planRestore, type RestorePlan } from "../../restore/plan.ts";
import { recount } from "../../restore/recount.ts";
import { type RestoreReport, reportSchema, restoreReport, writeReport } from "../../restore/report.ts";
import { runRestore } from "../../restore/run.ts";
import { type OpenSnapshot, openSnapshot } from "../../snapshot/reader.ts";
import { confirm, RefusedError } from "../../terminal/ask.ts";
import { createProgress } from "../../terminal/progress.ts";
import { fromMs, fromRfc3339, type Range } from "../../units/range.ts";
import { type Call, defineCommand, UsageError } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readMatches } from "../export/match.ts";
import { findSnapshot, SNAPSHOT } from "../snapshot-argument.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { planJson, reportRestore, showPlan } from "./show.ts";

const args = {
  snapshot: { ...SNAPSHOT, required: true },
  plugin: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    complete: "plugins",
    about: "only this backend; may be repeated",
  },
  only: {
    type: "value",
    values: ["traces", "metrics", "logs", "dashboards"],
    repeatable: true,
    about: "only this kind of data; may be repeated",
  },
  from: { type: "value", hint: "TIME", parse: fromRfc3339, about: "only data from then on" },
  to: { type: "value", hint: "TIME", parse: fromRfc3339, about: "only data before then" },
  match: {
    type: "value",
    hint: "NAME=SELECTOR",
    repeatable: true,
    about: "only what this selector in the backend's own language finds",
  },
  into: { type: "value", hint: "TENANT", about: "write into this tenant instead of the configured one" },
  label: {
    type: "value",
    hint: "KEY=VALUE",
    repeatable: true,
    about: "add a label to every stream and series, e.g. restored_from=20260124-143000",
  },
  "dry-run": { type: "flag", about: "show the plan and write nothing" },
  yes: { type: "flag", alias: "y", about: "do not ask" },
  resume: { type: "flag", about: "go on with the same restore where it was interrupted" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type RestoreCall = Call<typeof args>;

export default defineCommand({
  about: "put a snapshot's data back, and count it on the servers",
  args,
  examples: [
    { line: "restore latest --dry-run", about: "what would be written, and what the servers would refuse" },
    {
      line: "restore 20260124-143000 --plugin loki --label restored_from=20260124",
      about: "beside live data",
    },
    { line: "restore latest --only dashboards --yes", about: "in a script" },
  ],
  json: reportSchema,
  async run(call) {
    const stack = await openStack(intoTenant(call), call.args.plugin);
    const directory = await findSnapshot(call.args.snapshot, { ...call, backups: stack.config.backups });
    const snapshot = await openSnapshot(directory);
    const trail = openStackTrail(call, stack.config, stack.sinks);
    try {
      return await restore(call, { stack, snapshot, trail });
    } finally {
      await trail.close();
      await snapshot.close();
    }
  },
});

interface Setting {
  readonly stack: Stack;
  readonly snapshot: OpenSnapshot;
  readonly trail: Trail;
}

async function restore(call: RestoreCall, setting: Setting): Promise<ExitCode> {
  const { args: given, terminal } = call;
  const plan = await planned(call, setting);
  if (given["dry-run"]) {
    if (given.json) terminal.printJson(planJson(plan));
    else showPlan(plan, terminal, "print");
    return plan.leftOut.length > 0 ? EXIT.partial : EXIT.ok;
  }
  showPlan(plan, terminal, "note");
  if (plan.targets.length === 0) throw new UsageError("nothing of this snapshot is left to restore");
  if (!(await isAgreed(call))) {
    terminal.note("nothing was written");
    return EXIT.interrupted;
  }
  const report = await carriedOut(call, setting, plan);
  if (given.json) terminal.printJson(report);
  else reportRestore(report, terminal);
  return { complete: EXIT.ok, partial: EXIT.partial, failed: EXIT.error }[report.status];
}

function planned(call: RestoreCall, { stack, snapshot }: Setting): Promise<RestorePlan> {
  const { args: given, signal } = call;
  const names = snapshot.manifest.plugins.map(({ name }) => name);
  const range = rangeOf(call);
  return planRestore({
    snapshot,
    backends: stack.backends,
    ...(given.plugin.length === 0 ? {} : { plugins: given.plugin }),
    ...(given.only.length === 0 ? {} : { only: given.only }),
    ...(range === undefined ? {} : { range }),
    match: Object.fromEntries(readMatches(given.match, given.plugin.length > 0 ? given.plugin : names)),
    labels: readLabels(given.label),
    signal,
  });
}

function rangeOf({ args: { from, to } }: RestoreCall): Range | undefined {
  if (from === undefined && to === undefined) return undefined;
  const range = { from: from ?? 0n, to: to ?? fromMs(Date.now()) };
  if (range.from < range.to) return range;
  throw new UsageError("--from is not before --to");
}

function readLabels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.+)$/s.exec(text) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new UsageError(`--label ${text} is not a label`, "for example --label restored_from=20260124");
    }),
  );
}

/** The same call with every backend's tenant replaced. */
function intoTenant(call: RestoreCall): RestoreCall {
  const { into } = call.args;
  if (into === undefined) return call;
  const keys = ["tempo", "mimir", "loki", ...call.args.plugin].map((name) => `backends.${name}.tenant`);
  return { ...call, overrides: { ...call.overrides, ...Object.fromEntries(keys.map((key) => [key, into])) } };
}

async function isAgreed({ args: given, terminal, signal }: RestoreCall): Promise<boolean> {
  if (given.yes) return true;
  if (!terminal.interactive) {
    throw new RefusedError(
      "the restore was not confirmed",
      "without a terminal: add --yes, or --dry-run to look",
    );
  }
  return (await confirm(terminal, { message: "Write this?", signal })) === true;
}

async function carriedOut(
  call: RestoreCall,
  { stack, trail }: Setting,
  plan: RestorePlan,
): Promise<RestoreReport> {
  const { backups } = stack.config;
  const request = requestOf(call, plan);
  const earlier = call.args.resume ? await unfinishedRestore(backups, request) : undefined;
  if (call.args.resume && earlier === undefined) {
    throw new UsageError(
      "there is no interrupted restore like this one",
      "the same snapshot and the same flags continue it",
    );
  }
  const directory = earlier ?? (await newRestoreDirectory(backups, request, new Date()));
  const operation = {
    operation: "restore",
    destructive: true,
    details: { snapshot: plan.snapshot.path, report: directory, resumed: earlier !== undefined },
    dataAffected: plan.targets.map(({ name }) => name),
    signal: call.signal,
  };
  return trail.record(operation, async () => {
    const report = await written(call, plan, directory);
    await writeReport(report);
    return { result: report, ending: endingOf(report) };
  });
}

async function written(call: RestoreCall, plan: RestorePlan, directory: string): Promise<RestoreReport> {
  const { signal, terminal } = call;
  const journal = await openJournal(resolve(directory));
  const board = createProgress(terminal);
  try {
    const outcomes = await runRestore({
      plan,
      journal,
      signal,
      onProgress: ({ name, done, written: counts, bytes }) =>
        board.update({ name, done, counts, bytes, retries: 0, state: done < 1 ? "running" : "counting" }),
    });
    const counted = new Map<string, Awaited<ReturnType<typeof recount>>>();
    for (const target of plan.targets) {
      const whole = outcomes.some(
        ({ name, rejected, failure }) => name === target.name && rejected === 0 && !failure,
      );
      // What was refused will not turn up, however long one waits.
      counted.set(
        target.name,
        await recount(target, { signal, settleMs: whole ? 60_000 : 0, pauseMs: 1_000 }),
      );
    }
    return restoreReport(plan, directory, outcomes, counted);
  } catch (error) {
    if (signal.aborted) terminal.note("interrupted; the same command with --resume goes on");
    throw error;
  } finally {
    board.stop();
    await journal.close();
  }
}

function requestOf({ args: given }: RestoreCall, { snapshot, targets }: RestorePlan): RestoreRequest {
  const { plugin, only, from, to, match, into, label } = given;
  const asked = { plugin, only, from: from?.toString(), to: to?.toString(), match, into, label };
  const places = targets.map(({ name, open }) => [name, open.url]);
  return {
    snapshot: snapshot.path,
    sha256: snapshot.manifest.sha256,
    asked: JSON.stringify({ ...asked, places }),
  };
}

function endingOf(report: RestoreReport): Ending {
  const outcome = ({ complete: "success", partial: "partial", failed: "failed" } as const)[report.status];
  const rejected = report.plugins.reduce((sum, one) => sum + one.rejected, 0);
  return { outcome, details: { report: report.directory, rejected } };
}
