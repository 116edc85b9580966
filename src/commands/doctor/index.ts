import type { DoctorDiagnostic } from "../../doctor/diagnostic.ts";
import { DOCTOR, doctorJson } from "../../results/doctor.ts";
import { type Examined, examine } from "../../tasks/examine.ts";
import { readTimeout } from "../../tasks/task/timeout.ts";
import { printTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { callerOf } from "../caller.ts";
import { defineCommand } from "../command.ts";
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
  upstreams: {
    type: "flag",
    about: "call each server of models that the relay leads to, once and without a key",
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
  paged: () => true,
  async run(call): Promise<ExitCode> {
    const { args, json, terminal } = call;
    const options = { timeoutMs: args.timeout, asks: terminal.interactive, upstreams: args.upstreams };
    const examined = await examine(callerOf(call), options);
    if (json) printResult(call, DOCTOR, doctorJson(examined.findings));
    else print(examined.findings, terminal);
    return exitOf(examined);
  },
});

function exitOf({ findings, isAgreed }: Examined): ExitCode {
  if (isAgreed === undefined) return EXIT.usage;
  if (!isAgreed) return EXIT.refused;
  return findings.every(({ severity }) => severity === "ok" || severity === "note") ? EXIT.ok : EXIT.partial;
}

function print(findings: readonly DoctorDiagnostic[], terminal: Terminal): void {
  const { colors } = terminal;
  const paint = { ok: colors.green, note: colors.cyan, warning: colors.yellow, problem: colors.red };
  const rows = findings.flatMap(({ subject, severity, message, hint }) => [
    [paint[severity](severity), subject, message],
    ...(hint?.split("\n") ?? []).map((line) => ["", "", colors.dim(line)]),
  ]);
  printTable(terminal, [{ width: 7 }, {}, {}], rows);
}
