import type { Ending } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { commandText } from "../../destroy/command-text.ts";
import { type CommandOutcome, runCommand } from "../../destroy/run-command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { DestroyCall } from "./index.ts";

/** Runs the configured command and says how it went. @throws CommandError when it cannot be started */
export async function carryOut(
  { terminal, signal, env }: DestroyCall,
  config: Config,
): Promise<{ exit: ExitCode; ending: Ending }> {
  signal.throwIfAborted();
  const { command } = config.destroy;
  terminal.note(terminal.noteColors.dim(`$ ${commandText(command)}`));
  const outcome = await runCommand({ command, directory: config.directory, env, signal });
  const details = { exit_code: outcome.exitCode, killed_by: outcome.signal };
  if (signal.aborted) return { exit: EXIT.interrupted, ending: { outcome: "cancelled", details } };
  if (outcome.exitCode === 0) return { exit: EXIT.ok, ending: { outcome: "success" } };
  terminal.note(`${terminal.noteColors.red("error:")} ${command[0]} ${describe(outcome)}`);
  terminal.note("contextcore inventory shows what is left of the stack");
  return { exit: EXIT.error, ending: { outcome: "failed", details } };
}

const describe = ({ exitCode, signal }: CommandOutcome): string =>
  signal === undefined ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
