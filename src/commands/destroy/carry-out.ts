import type { Config } from "../../config/config.ts";
import { commandText } from "../../destroy/command-text.ts";
import { type CommandOutcome, runCommand } from "../../destroy/run-command.ts";
import type { Finding } from "../../inventory/survey.ts";
import { EXIT } from "../exit-code.ts";
import { type Aftermath, lookAround } from "./aftermath.ts";
import type { DestroyCall } from "./call.ts";

/**
 * Runs the configured command and finds out what became of the stack.
 * @param findings what was known of its backends before
 * @throws CommandError when the command cannot be started
 */
export async function carryOut(
  call: DestroyCall,
  config: Config,
  findings: readonly Finding[],
): Promise<Aftermath> {
  const { terminal, signal, env } = call;
  signal.throwIfAborted();
  const { command } = config.destroy;
  const [program = ""] = command;
  terminal.note(terminal.noteColors.dim(`$ ${commandText(command)}`));
  const outcome = await runCommand({ command, directory: config.directory, env, signal });
  // Told to stop or not: it came to its own end.
  if (outcome.exitCode === 0) return lookAround(call, config.name, program, findings);
  const details = { exit_code: outcome.exitCode, killed_by: outcome.signal };
  if (signal.aborted)
    return {
      exit: EXIT.interrupted,
      ending: { outcome: "cancelled", details },
      said: `${program} was told to stop and ${describe(outcome)}; ${UNKNOWN}`,
    };
  terminal.note(`${terminal.noteColors.red("error:")} ${program} ${describe(outcome)}`);
  return {
    exit: EXIT.error,
    ending: { outcome: "failed", details },
    said: UNKNOWN,
  };
}

const UNKNOWN = "what it removed is not known: contextcore inventory shows what is left of the stack";

const describe = ({ exitCode, signal }: CommandOutcome): string =>
  signal === undefined ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
