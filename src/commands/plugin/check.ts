import { isChild } from "../../plugin/conformance/apart/answer.ts";
import { checkApart } from "../../plugin/conformance/apart/check-apart.ts";
import { ChildEnded } from "../../plugin/conformance/apart/child.ts";
import { LAB_NAMES } from "../../plugin/conformance/apart/find-lab.ts";
import { PART } from "../../plugin/conformance/apart/messages.ts";
import { CHECK_LIMIT_MS } from "../../plugin/conformance/check.ts";
import { backendSuite, sinkSuite } from "../../plugin/conformance/suite.ts";
import { UsageError } from "../../tasks/errors.ts";
import { errorJson } from "../../terminal/show-error.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import { readSetting } from "../arguments.ts";
import { defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { playPart } from "./check-part.ts";
import { type OpenLab, openLab, starter, warnOfUnseenCode } from "./check-processes.ts";
import { printOutcome, printSummary, reportSchema, toReport } from "./check-report.ts";

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
    const part = call.env[PART];
    if (part !== undefined && isChild()) return playPart(part, call);
    const { json, path, limit = CHECK_LIMIT_MS } = call.args;
    const start = starter(call, limit);
    let lab: OpenLab | undefined;
    try {
      await warnOfUnseenCode(call);
      lab = await openLab(call, start);
      const { plugin, judged } = await checkApart({
        start: () => start("rules"),
        called: path,
        lab: lab?.served,
        onJudged: (outcome) => json || printOutcome(outcome, call.terminal),
        signal: call.signal,
      });
      if (json) call.terminal.printJson(toReport(plugin, judged));
      else printSummary(plugin, judged, call.terminal);
      return judged.some(({ verdict }) => verdict.kind === "failed") ? EXIT.error : EXIT.ok;
    } catch (error) {
      if (!(error instanceof ChildEnded)) throw error;
      // The child has shown it on stderr.
      if (json) call.terminal.printJson(errorJson(error));
      return exitCodeOf(error.code);
    } finally {
      await lab?.end();
    }
  },
});

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

const exitCodeOf = (code: number): ExitCode =>
  Object.values(EXIT).find((known) => known === code) ?? EXIT.error;
