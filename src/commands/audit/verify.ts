import { NoteError, parseVerifier } from "../../audit/format/note.ts";
import { type Verification, verifyTrail } from "../../audit/verify/verify.ts";
import { AUDIT_VERIFY, auditVerifyJson } from "../../results/audit.ts";
import { openStackToRead } from "../../tasks/stack/stack.ts";
import { trailPlaces } from "../../tasks/stack/trail-places.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { given } from "../../units/given.ts";
import { callerOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  key: {
    type: "value",
    hint: "PUBLIC-KEY",
    parse: readKey,
    about:
      "the public key that `audit keygen` printed, to verify the signed checkpoint (default: the key in your home, if there is one)",
  },
} as const;

export default defineCommand({
  about: "verify the trail: its chain, its checkpoint and every witness; exit code 5 when anything differs",
  args,
  examples: [
    { line: "audit verify", about: "the chain, the home copy and the sinks" },
    {
      line: 'audit verify --key "$PUBLIC_KEY"',
      about: "also that nobody without the signing key rewrote it",
    },
  ],
  json: [AUDIT_VERIFY],
  async run(call): Promise<ExitCode> {
    const { config, sinks, failures } = await openStackToRead(callerOf(call));
    const { key } = call.args;
    const result = await verifyTrail({
      ...trailPlaces(config),
      sinks,
      unopened: failures.filter(({ name }) => config.sinks[name]?.enabled === true),
      signal: call.signal,
      ...given({ publicKey: key }),
    });
    if (call.json) printResult(call, AUDIT_VERIFY, auditVerifyJson(result));
    else showVerification(result, call);
    if (result.differences > 0) return EXIT.different;
    return result.warnings > 0 ? EXIT.partial : EXIT.ok;
  },
});

function readKey(text: string): string {
  try {
    parseVerifier(text);
    return text;
  } catch (error) {
    throw error instanceof NoteError ? new RangeError(error.message) : error;
  }
}

function showVerification(result: Verification, { terminal, args: given }: Call<typeof args>): void {
  showFindings(result, terminal);
  const { colors } = terminal;
  const { chain, files, checkpoint, witnesses } = result;
  for (const { name, seq, agrees } of witnesses) {
    const verdict = agrees ? colors.green("agrees") : colors.red("differs");
    terminal.detail(
      seq === undefined
        ? `${name}: knows nothing about this trail`
        : `${name}: ${verdict}, up to event ${seq}`,
    );
  }
  if (checkpoint !== undefined)
    terminal.detail(`checkpoint: signed for event ${checkpoint.size} by ${checkpoint.origin}`);
  else if (given.key !== undefined && result.differences === 0 && !result.unsigned)
    terminal.note("there is no checkpoint yet: one is signed after a destructive command");
  const holds = result.unsigned ? colors.yellow("not proved by this key") : colors.green("sound");
  const verdict = result.differences === 0 ? holds : colors.red("not what was recorded");
  const span = chain.first === undefined ? "" : `, ${chain.first.timestamp} to ${chain.last?.timestamp}`;
  terminal.tell(`${chain.events} events in ${files} ${files === 1 ? "file" : "files"}${span}: ${verdict}`);
}

function showFindings({ findings, differences, warnings }: Verification, terminal: Terminal): void {
  for (const { severity, subject, message } of findings) {
    if (severity === "difference") terminal.fault("wrong", `${subject}: ${message}`);
    else terminal.warn(`${subject}: ${message}`);
  }
  const more = differences + warnings - findings.length;
  if (more > 0) terminal.last(`and ${more} more`);
}
