import { type Loss, lossesOf } from "../../inventory/losses.ts";
import type { Finding } from "../../inventory/survey.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { exportStack } from "../../tasks/export.ts";
import { askBackends } from "../../tasks/inventory.ts";
import { valuesOf } from "../../tasks/param.ts";
import { carryOut } from "../../tasks/run.ts";
import { askForExactly } from "../../terminal/ask.ts";
import { fromMs } from "../../units/range.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { reportExport } from "../export/report.ts";
import type { DestroyCall, DestroyOption, DestroySetting } from "./call.ts";
import { isSaved, lossLines, WANTED } from "./losing.ts";

const SIGNALS = ["traces", "metrics", "logs", "dashboards"] as const;

export interface Saved {
  readonly backup: "yes" | "no" | "dashboards" | "incomplete";
  /** The snapshot. */
  readonly path?: string;
  /** What the export left behind of what it was about, since that cannot be read yet, or came after it. */
  readonly losses: readonly Loss[];
  /** Why the destruction must not follow, and the exit code then. */
  readonly stop?: Stop;
}

export interface Stop {
  readonly exit: ExitCode;
  readonly outcome: "refused" | "cancelled";
  readonly reason: string;
  /** How often a name was typed that is not the stack's. */
  readonly wrongNames: number;
}

/**
 * Exports what the option says. After an export that is not complete a person decides; without one it is refused. So does a
 * person where it is complete and something has come since, unless `--confirm` has named the stack.
 */
export async function saveFirst(
  call: DestroyCall,
  option: DestroyOption,
  setting: DestroySetting,
  findings: readonly Finding[],
): Promise<Saved> {
  if (option === "3") return { backup: "no", losses: [] };
  const { stack, trail } = setting;
  const wanted = Object.fromEntries(SIGNALS.map((signal) => [signal, WANTED[option].has(signal)]));
  const plan = await exportStack.plan(valuesOf(exportStack.params, { all: true, ...wanted }), stack);
  const ask = async () => ({ agrees: false, outcome: "refused" }) as const;
  const result = await carryOut(exportStack, plan, { ...stack, ask }, trail);
  reportExport(result, call);
  const { path, manifest } = result;
  const saved = findings.filter((one) => isSaved(option, one)).map(({ name }) => name);
  const losses = await leftBehind(setting, new Set(saved));
  for (const line of lossLines(losses)) call.terminal.warn(line);
  const { status } = manifest;
  const stop = await whyNotAllTheSame(call, { status, losses, name: stack.config.name });
  const backup = status !== "complete" ? "incomplete" : option === "1" ? "yes" : "dashboards";
  return { backup, path, losses, ...(stop && { stop }) };
}

/** What has come to the backends that were saved, and no snapshot holds. */
async function leftBehind({ stack }: DestroySetting, saved: ReadonlySet<string>): Promise<Loss[]> {
  const backends = stack.backends.filter(({ name }) => saved.has(name));
  const findings = await askBackends(stack, { backends, failures: [] });
  const { snapshots } = await readKept(stack.config.backups);
  return lossesOf(findings, { snapshots, now: fromMs(Date.now()) });
}

/** What came of the export that a person may not want to go on with. */
interface Remains {
  readonly status: "complete" | "partial" | "failed";
  readonly losses: readonly Loss[];
  /** The stack's. */
  readonly name: string;
}

/** @returns `undefined` when nothing is lost, or a person has typed the stack's name */
async function whyNotAllTheSame(
  { args, terminal, signal }: DestroyCall,
  { status, losses, name }: Remains,
): Promise<Stop | undefined> {
  const isComplete = status === "complete";
  if (isComplete && (losses.length === 0 || args.confirm !== undefined)) return undefined;
  const reason = isComplete ? "what came after the export is not saved" : "the export is not complete";
  if (!isComplete) {
    terminal.warn(`the export is ${status}: what is missing above will be lost for good`);
    if (!terminal.interactive) return { exit: EXIT.refused, outcome: "refused", reason, wrongNames: 0 };
  }
  const message = `Destroy the stack all the same? Type its name (${name}) to destroy it:`;
  const { answer, wrong } = await askForExactly(terminal, { message, expected: name, signal });
  if (answer === "given") return undefined;
  const exit = answer === "no" ? EXIT.refused : EXIT.interrupted;
  return { exit, outcome: "cancelled", reason, wrongNames: wrong };
}
