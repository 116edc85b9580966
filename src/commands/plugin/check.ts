import { checkApart, type Judged } from "../../conformance/apart/check-apart.ts";
import { CHECK_LIMIT_MS } from "../../conformance/check.ts";
import { LostChild } from "../../host/apart/child.ts";
import { OptionsRefused } from "../../host/apart/options-refused.ts";
import { checkJson, PLUGIN_CHECK } from "../../results/plugins.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";
import { args, type CheckCall } from "./check-args.ts";
import { loadForCheck, type OpenLab, openLab, warnOfUnseenCode } from "./check-processes.ts";
import { printOutcome, printSummary } from "./check-report.ts";
import { optionsRefusal, rulesOf, targetOf } from "./check-targets.ts";

export default defineCommand({
  about: "check a plugin against every rule of the contract, with simulated server faults; runs its code",
  args,
  exclusive: [["url", "lab"]],
  examples: [
    { line: "plugin check ./lines", about: "while you write it; a lab.ts beside it is its server" },
    { line: "plugin check ./click.ts --url http://localhost:8123", about: "against your own server" },
    { line: "plugin check ./my-loki --lab loki", about: "against the look-alike of a server" },
  ],
  json: [PLUGIN_CHECK],
  async run(call) {
    const { path, limit = CHECK_LIMIT_MS } = call.args;
    let lab: OpenLab | undefined;
    try {
      await warnOfUnseenCode(call);
      lab = await openLab(call, limit);
      const { plugin, judged } = await check(call, path, limit, lab).catch(async (cause) => {
        const lost = await lab?.lost(500);
        throw lost === undefined ? cause : new Error(lost, { cause });
      });
      if (call.json) printResult(call, PLUGIN_CHECK, checkJson(plugin, judged));
      else printSummary(plugin, judged, call.terminal);
      const lost = await lab?.lost(0);
      if (lost !== undefined) call.terminal.warn(lost);
      return judged.some(({ verdict }) => verdict.kind === "failed") ? EXIT.error : EXIT.ok;
    } finally {
      await lab?.end();
    }
  },
});

async function check(call: CheckCall, path: string, limitMs: number, lab: OpenLab | undefined) {
  const onJudged = (outcome: Judged): void => {
    if (!call.json) printOutcome(outcome, call.terminal);
  };
  const began = performance.now();
  const loaded = await loadForCheck(call, limitMs).catch(onlyLost);
  if (loaded instanceof LostChild) {
    const judged: Judged = {
      ...LOADS,
      verdict: { kind: "failed", error: loaded },
      ms: performance.now() - began,
    };
    onJudged(judged);
    return { plugin: path, judged: [judged] };
  }
  const { plugin, apart } = loaded;
  const judged = await checkApart({
    ...{ apart, limitMs, onJudged, signal: call.signal },
    rules: rulesOf(call, plugin),
    targetOf: (face) => targetOf(call, face, loaded, lab?.served),
  }).catch(async (error) => {
    throw error instanceof OptionsRefused ? await optionsRefusal(call, loaded, error) : error;
  });
  return { plugin: plugin.name, judged };
}

/** A rule of its own, for a plugin that does not even load. */
const LOADS = {
  face: "backend",
  name: "loads",
  why: "a plugin that does not finish loading holds up every command",
} as const;

/** @throws any error that is not a lost process */
function onlyLost(error: unknown): LostChild {
  if (error instanceof Error && error.cause instanceof LostChild) return error.cause;
  throw error;
}
