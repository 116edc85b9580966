import * as v from "valibot";
import { type NotPlanned, planRestore, type RestorePlan } from "../../restore/plan.ts";
import { type RestoreReport, reportSchema } from "../../restore/report.ts";
import type { Chosen } from "../../snapshot/catalog/choose.ts";
import { type OpenChain, openChain } from "../../snapshot/catalog/open-chain.ts";
import { RefusedError, UsageError } from "../../tasks/errors.ts";
import { readMatches } from "../../tasks/matches.ts";
import { chooseSnapshots } from "../../tasks/snapshot-param.ts";
import { confirm } from "../../terminal/ask.ts";
import { createProgress } from "../../terminal/progress.ts";
import { missingLines, namesText, tellChosen } from "../chain-text.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { orUntouched } from "../untouched.ts";
import { type RestoreCall, rangeOf, readLabels, requireChoice, restoreArgs } from "./args.ts";
import { carryOut } from "./carry-out.ts";
import { planJson, planSchema } from "./plan-json.ts";
import { reportRestore, showPlan } from "./show.ts";
import { requireOneTenant, sourceOf, tellTenants } from "./tenants.ts";

export default defineCommand({
  about: "put snapshots' data back, and count it on the servers",
  args: restoreArgs,
  exclusive: [
    ["all", "snapshot"],
    ["all", "chain"],
  ],
  examples: [
    { line: "restore latest --dry-run", about: "what would be written, and what the servers would refuse" },
    {
      line: "restore 20260124-143000 --plugin loki --label restored_from=20260124",
      about: "beside live data",
    },
    {
      line: "restore --from 2026-01-20 --to 2026-01-22",
      about: "two days, from whichever snapshots hold them",
    },
    { line: "restore latest --only dashboards --yes", about: "in a script" },
  ],
  json: v.union([reportSchema, planSchema]),
  run: (call) => orUntouched(UNTOUCHED, () => restoreChosen(call)),
});

const UNTOUCHED = "nothing was written";

async function restoreChosen(call: RestoreCall): Promise<ExitCode> {
  requireChoice(call);
  const stack = await openStack(call, { only: call.args.plugin, tenant: call.args.into });
  const { snapshot, chain, plugin: plugins, only } = call.args;
  const range = rangeOf(call);
  const place = { directory: call.directory, backups: stack.config.backups };
  const sources = stack.backends.map((open) => sourceOf(open, call.args.into));
  const chosen = await chooseSnapshots({ snapshot, chain, range, plugins, only, sources }, place);
  if (call.args.into === undefined) requireOneTenant(chosen);
  tellChosen(chosen, call.terminal);
  if (snapshot === "latest" && chosen.others.length > 0)
    call.terminal.note(`not part of it: ${namesText(chosen.others)}; --all takes what they hold, too`);
  const opened = await openChain(chosen.chains, { range, signal: call.signal });
  try {
    return await restore(call, { stack, ...opened, chosen });
  } finally {
    await opened.snapshot.close();
  }
}

interface Setting extends OpenChain {
  readonly stack: Stack;
  readonly chosen: Chosen;
}

async function restore(call: RestoreCall, setting: Setting): Promise<ExitCode> {
  const { args: given, terminal } = call;
  const plan = await planned(call, setting);
  if (given.into === undefined) tellTenants(plan, terminal);
  if (given["dry-run"]) {
    if (given.json) terminal.printJson(planJson(plan));
    else showPlan(plan, terminal, "print");
    const isLost = plan.targets.some(({ lost }) => lost.length > 0);
    const isWhole = plan.targets.length > 0 && plan.leftOut.length === 0 && !isLost;
    return isWhole && !refusesAnything(plan) ? EXIT.ok : EXIT.partial;
  }
  showPlan(plan, terminal, "note");
  if (plan.targets.length === 0) throw new UsageError("nothing of this snapshot is left to restore");
  if (!(await isAgreed(call))) {
    terminal.note(UNTOUCHED);
    return EXIT.interrupted;
  }
  const report = await carriedOut(call, setting.stack, plan);
  if (given.json) terminal.printJson(report);
  else reportRestore(report, terminal, call.directory);
  return { complete: EXIT.ok, partial: EXIT.partial, failed: EXIT.error }[report.status];
}

/** The trail is closed before the report: its sinks may have something to say, and the report comes last. */
async function carriedOut(
  call: RestoreCall,
  { config, sinks }: Stack,
  plan: RestorePlan,
): Promise<RestoreReport> {
  await using trail = openStackTrail(call, config, sinks);
  return await carryOut(call, { backups: config.backups, trail }, plan);
}

async function planned(
  call: RestoreCall,
  { stack, snapshot, broken, chosen }: Setting,
): Promise<RestorePlan> {
  const { args: given, signal, terminal } = call;
  const board = createProgress(terminal, { signal });
  let bytes = 0;
  const onLook = (more: number): void => {
    bytes += more;
    const done = bytes / Math.max(bytes, snapshot.manifest.bytes);
    board.update({ name: "check", done, bytes, counts: {}, state: "running", retries: 0 });
  };
  const names = snapshot.manifest.plugins.map(({ name }) => name);
  const range = rangeOf(call);
  try {
    return await planRestore({
      snapshot,
      chains: chosen.chains,
      lacking: lackingOf(chosen, broken),
      backends: stack.backends,
      ...(given.plugin.length === 0 ? {} : { plugins: given.plugin }),
      ...(given.only.length === 0 ? {} : { only: given.only }),
      ...(range === undefined ? {} : { range }),
      match: Object.fromEntries(readMatches(given.match, given.plugin.length > 0 ? given.plugin : names)),
      labels: readLabels(given.label),
      ...(given.into === undefined ? {} : { tenant: given.into }),
      signal,
      onLook,
    });
  } finally {
    board.stop();
  }
}

/** What was asked for and is not in what will be restored, each with its reason: such a restore is partial. */
const lackingOf = (
  { chains, lacking, broken, notTaken }: Chosen,
  damaged: OpenChain["broken"],
): NotPlanned[] => [
  ...lacking,
  ...notTaken,
  ...chains.flatMap((chain) => missingLines(chain).map((reason) => ({ name: chain.backend, reason }))),
  ...[...broken, ...damaged].map(({ name, reason }) => ({ name, reason })),
];

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

/** Whether a server said beforehand that it will not take all of it. */
const refusesAnything = ({ targets }: RestorePlan): boolean =>
  targets.some(({ findings }) => findings.some(({ severity }) => severity === "refuses"));
