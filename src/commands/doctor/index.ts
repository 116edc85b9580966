import type { Config } from "../../config/config.ts";
import { ConfigError, formatProblem } from "../../config/errors.ts";
import { examineClocks } from "../../doctor/clock.ts";
import type { DoctorDiagnostic } from "../../doctor/diagnostic.ts";
import { examineBinary, examineDestroy, examineDisk } from "../../doctor/machine.ts";
import { examineBackends, examineInstances, examineSinks } from "../../doctor/servers.ts";
import { examineTrail } from "../../doctor/trail.ts";
import { NONE_ENABLED } from "../../inventory/survey.ts";
import { DOCTOR, doctorJson } from "../../results/doctor.ts";
import { agreementRefusal } from "../../tasks/agreed.ts";
import { askBackends } from "../../tasks/inventory.ts";
import { openStackToRead } from "../../tasks/stack.ts";
import { readTimeout } from "../../tasks/timeout.ts";
import { trailPlaces } from "../../tasks/trail-places.ts";
import { waitForOn } from "../../terminal/progress.ts";
import { formatTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { given } from "../../units/given.ts";
import { fromMs } from "../../units/range.ts";
import { VERSION } from "../../version.ts";
import { agreementOf, requireAgreement } from "../agreement.ts";
import { callerOf, configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  timeout: {
    type: "value",
    hint: "DURATION",
    default: "10s",
    parse: readTimeout,
    about: "how long each server may take to answer",
  },
} as const;

export default defineCommand({
  about: "check everything that an export or a restore needs, and say what to change",
  args,
  examples: [
    { line: "doctor", about: "before the first export, and when something does not work" },
    { line: "doctor --json", about: "for monitoring: exit code 3 when something needs attention" },
  ],
  json: [DOCTOR],
  async run(call): Promise<ExitCode> {
    const { findings, exit } = await examine(call);
    if (call.json) printResult(call, DOCTOR, doctorJson(findings));
    else print(findings, call.terminal);
    return exit;
  },
});

interface Examined {
  readonly findings: readonly DoctorDiagnostic[];
  readonly exit: ExitCode;
}

async function examine(call: Call<typeof args>): Promise<Examined> {
  const binary = examineBinary(VERSION);
  try {
    if (call.terminal.interactive) await requireAgreement(call, await configOf(call), false);
    const stack = await openStackToRead(callerOf(call));
    const file = stack.config.file ?? "no contextcore.yaml: defaults and the environment";
    const configuration: DoctorDiagnostic = { subject: "configuration", severity: "ok", message: file };
    const agreement = stack.isAgreed ? [] : [await unagreed(call, stack.config)];
    const findings = [binary, configuration, ...agreement, ...(await examineStack(call, stack))];
    return { findings, exit: exitOf(findings, stack.isAgreed) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem): DoctorDiagnostic => {
      const { hint } = problem;
      const common = {
        subject: "configuration",
        severity: "problem",
        message: formatProblem(problem),
      } as const;
      return hint === undefined ? common : { ...common, hint };
    });
    return { findings: [binary, ...problems], exit: EXIT.usage };
  }
}

function exitOf(findings: readonly DoctorDiagnostic[], isAgreed: boolean): ExitCode {
  if (!isAgreed) return EXIT.refused;
  return findings.every(({ severity }) => severity === "ok" || severity === "note") ? EXIT.ok : EXIT.partial;
}

/** No server and no sink is asked then; what is on this machine is looked at all the same. */
async function unagreed(call: Call, config: Config): Promise<DoctorDiagnostic> {
  const { message, hint } = agreementRefusal(await agreementOf(call, config));
  return {
    subject: "agreement",
    severity: "problem",
    message,
    ...given({ hint: hint && [hint].flat().join("\n") }),
  };
}

async function examineStack(
  call: Call<typeof args>,
  stack: Awaited<ReturnType<typeof openStackToRead>>,
): Promise<DoctorDiagnostic[]> {
  const { signal } = call;
  const { config, sinks } = stack;
  const surveyed = await askBackends({ signal, waitFor: waitForOn(call.terminal) }, stack, call.args.timeout);
  const reached = surveyed.filter((one) => one.state === "reached");
  const parts = await Promise.all([
    stack.isAgreed && surveyed.length === 0 ? [NOTHING_TO_ASK] : examineBackends(surveyed, signal),
    examineInstances(stack.backends),
    examineClocks(
      reached.map(({ open }) => open),
      signal,
    ),
    examineSinks(sinks, signal),
    examineDisk(config, surveyed, fromMs(Date.now())),
    examineTrail({ ...trailPlaces(config), sinks, signal }),
    examineDestroy(config),
  ]);
  return parts.flat();
}

const NOTHING_TO_ASK: DoctorDiagnostic = {
  subject: "backends",
  severity: "warning",
  message: NONE_ENABLED,
  hint: "`enabled: true` below `backends`, or no such line.",
};

function print(findings: readonly DoctorDiagnostic[], { print: line, colors, width }: Terminal): void {
  const paint = { ok: colors.green, note: colors.cyan, warning: colors.yellow, problem: colors.red };
  const rows = findings.flatMap(({ subject, severity, message, hint }) => [
    [paint[severity](severity), subject, message],
    ...(hint?.split("\n") ?? []).map((line) => ["", "", colors.dim(line)]),
  ]);
  for (const row of formatTable([{ width: 7 }, {}, {}], rows, width())) line(row);
}
