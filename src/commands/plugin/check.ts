import { checkApart, type Judged } from "../../conformance/apart/check-apart.ts";
import { LAB_NAMES } from "../../conformance/apart/find-lab.ts";
import { CHECK_LIMIT_MS } from "../../conformance/check.ts";
import { backendSuite, sinkSuite } from "../../conformance/suite.ts";
import { LostChild } from "../../host/apart/child.ts";
import { OptionsRefused } from "../../host/apart/instance.ts";
import { UsageError } from "../../tasks/errors.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import { readSetting } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { type CheckCall, loadForCheck, type OpenLab, openLab, warnOfUnseenCode } from "./check-processes.ts";
import { printOutcome, printSummary, reportSchema, toReport } from "./check-report.ts";
import { refusal, rulesOf, targetOf } from "./check-targets.ts";

const args = {
  path: {
    type: "positional",
    hint: "PATH",
    required: true,
    complete: "files",
    about: "a .ts or .js file, a folder, or the name of an installed package",
  },
  url: {
    type: "value",
    hint: "URL",
    about:
      "a server with a little data in it; the same as --option url=URL. Default: the plugin's own lab.ts",
  },
  lab: {
    type: "value",
    hint: "NAME",
    values: LAB_NAMES,
    about: "a look-alike of this server, with a day of data, that the program brings along",
  },
  option: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option of the plugin, in which {lab} is the lab's URL; may be repeated",
  },
  empty: {
    type: "value",
    hint: "NAME=VALUE",
    repeatable: true,
    parse: readSetting,
    about: "an option that leads to an empty server to restore into; may be repeated",
  },
  arrived: {
    type: "value",
    hint: "FILE",
    complete: "files",
    about: "for a sink: the file in which its events arrive, one a line",
  },
  rule: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    parse: readRule,
    complete: "rules",
    about: "only this rule; may be repeated",
  },
  limit: {
    type: "value",
    hint: "DURATION",
    parse: readLimit,
    about: "how long one rule may take (default: 2m)",
  },
  json: { type: "flag", about: "print one JSON object" },
} as const;

export type CheckArgs = typeof args;

export default defineCommand({
  about: "run a plugin through every rule of the contract, with faults in front of its server; runs its code",
  args,
  exclusive: [["url", "lab"]],
  examples: [
    { line: "plugin check ./lines", about: "while you write it; a lab.ts beside it is its server" },
    { line: "plugin check ./click.ts --url http://localhost:8123", about: "against a server of yours" },
    { line: "plugin check ./my-loki --lab loki", about: "against the look-alike of a server" },
  ],
  json: reportSchema,
  async run(call) {
    const { json, path, limit = CHECK_LIMIT_MS } = call.args;
    let lab: OpenLab | undefined;
    try {
      await warnOfUnseenCode(call);
      lab = await openLab(call, limit);
      const { plugin, judged } = await check(call, path, limit, lab).catch(async (cause) => {
        const lost = await lab?.lost(500);
        throw lost === undefined ? cause : new Error(lost, { cause });
      });
      if (json) call.terminal.printJson(toReport(plugin, judged));
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
    if (!call.args.json) printOutcome(outcome, call.terminal);
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
    throw error instanceof OptionsRefused ? await refusal(call, loaded, error) : error;
  });
  return { plugin: plugin.name, judged };
}

/** A rule of its own, for a plugin that gets no further. */
const LOADS = {
  face: "backend",
  name: "loads",
  why: "a plugin that does not finish loading holds up every command",
} as const;

/** @throws what is no lost process */
function onlyLost(error: unknown): LostChild {
  if (error instanceof Error && error.cause instanceof LostChild) return error.cause;
  throw error;
}

function readRule(name: string): string {
  const names = [...new Set([...backendSuite, ...sinkSuite].map((rule) => rule.name))];
  if (names.includes(name)) return name;
  throw new UsageError(`there is no rule ${name}`, `there are ${names.join(", ")}`);
}

/** ms */
function readLimit(text: string): number {
  const ms = toMs(parseDuration(text));
  if (ms < 1_000) throw new RangeError("is less than a second, in which no rule can be done");
  return ms;
}
