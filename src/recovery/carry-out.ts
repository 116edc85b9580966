/** Carries out the steps of a runbook that restore nothing: commands, and waiting for servers. */
import type { OpenBackend } from "../host/open.ts";
import { type CommandOutcome, isOnPath, runCommand } from "../programs/run-command.ts";
import { redactor } from "../redact/known-secrets.ts";
import { isSecretName } from "../redact/names.ts";
import { redactedText } from "../redact/text.ts";
import { formatDuration } from "../units/duration.ts";
import { messageOf } from "../units/message-of.ts";
import { NS_PER_MS } from "../units/range.ts";
import { sleep } from "../units/sleep.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { counted } from "../units/words.ts";
import type { RecoveryStep } from "./runbook.ts";

/** What steps are carried out with. */
interface Surroundings {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Tells a person what happens. */
  readonly tell: (line: string) => void;
}

type StepOf<Kind> = Extract<RecoveryStep, { readonly kind: Kind }>;

/**
 * Runs a command. What it prints is told, without the secrets of the environment.
 * @returns why it failed, if it did @throws the signal's reason
 */
export async function runCommandStep(
  { command, limitMs }: StepOf<"run">,
  { directory, env, signal, tell }: Surroundings,
): Promise<string | undefined> {
  if (!isOnPath({ command, directory, env })) return `${command[0]} is not on the PATH`;
  const output = createOutput(withoutSecretsOf(env), tell);
  const request = { command, setting: "recovery.steps", directory, env, signal, limitMs };
  const outcome = await runCommand({ ...request, onLine: output.line }).catch(messageOf);
  output.end();
  if (typeof outcome === "string" || outcome.exitCode !== 0) signal.throwIfAborted();
  return typeof outcome === "string" ? outcome : howItEnded(outcome, limitMs);
}

function howItEnded({ exitCode, signal, isLate }: CommandOutcome, limitMs: number): string | undefined {
  if (exitCode === 0) return undefined;
  if (isLate)
    return `it took longer than ${durationText(limitMs)} and was ended; the step's timeout allows more`;
  return signal === undefined ? `it ended with exit code ${exitCode}` : `it was ended by ${signal}`;
}

const durationText = (ms: number): string => formatDuration(BigInt(ms) * NS_PER_MS);

/** The values of variables whose names are a secret's, and everything that looks like one. */
function withoutSecretsOf(env: Surroundings["env"]): (text: string) => string {
  const secrets = Object.entries(env).flatMap(([name, value]) => (isSecretName(name) ? value : []));
  const blotted = redactor(secrets);
  return (text) => redactedText(blotted(text));
}

/** So many lines are told as they come, and of the others the last ones. */
const LINES_MAX = 500;
const LAST_LINES = 20;

function createOutput(redact: (text: string) => string, tell: Surroundings["tell"]) {
  let total = 0;
  const last: string[] = [];
  const say = (line: string): void => tell(`  | ${redact(line)}`);
  return {
    line(line: string): void {
      total += 1;
      if (total <= LINES_MAX) {
        say(line);
        return;
      }
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    },
    end(): void {
      const more = total - LINES_MAX - last.length;
      if (more > 0) tell(`  … ${counted(more, "more line")}`);
      last.forEach(say);
    },
  };
}

const ASKING_MS = 10_000;
const BETWEEN_MS = 1_000;

/**
 * Asks servers until each has answered.
 * @returns which of them does not answer, and why, if one does not @throws the signal's reason
 */
export async function waitStep(
  { names, limitMs }: StepOf<"wait">,
  backends: readonly OpenBackend[],
  { signal }: Pick<Surroundings, "signal">,
): Promise<string | undefined> {
  const deadline = performance.now() + limitMs;
  const waiting = backends.filter(({ name }) => names.includes(name));
  const failures = await Promise.all(waiting.map((open) => answers(open, deadline, signal)));
  const found = failures.find((failure) => failure !== undefined);
  return found && `${found}; it was waited for ${durationText(limitMs)}, and the step's timeout allows more`;
}

async function answers(
  { name, backend }: OpenBackend,
  deadline: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    try {
      await withTimeLimit((inner) => backend.inventory(inner), signal, { limitMs: ASKING_MS });
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() + BETWEEN_MS > deadline) return `${name} does not answer: ${messageOf(error)}`;
    }
    await sleep(BETWEEN_MS, signal);
  }
}
