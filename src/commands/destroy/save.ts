import type { Signal } from "../../contract/contract.ts";
import type { Finding } from "../../inventory/survey.ts";
import { wholeRange } from "../../inventory/whole-range.ts";
import { askForExactly } from "../../terminal/ask.ts";
import { fromMs } from "../../units/range.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { flushAll } from "../export/flush.ts";
import { type ExportPlan, holdsOneOf, planExport } from "../export/plan.ts";
import { reportExport } from "../export/report.ts";
import { runExport } from "../export/run.ts";
import type { DestroyOption } from "./ask.ts";
import type { DestroyCall, DestroySetting } from "./index.ts";

export interface Saved {
  readonly backup: "yes" | "no" | "dashboards" | "incomplete";
  /** The snapshot. */
  readonly path?: string;
  /** Why the destruction must not follow, and the exit code then. */
  readonly stop?: Stop;
}

export interface Stop {
  readonly exit: ExitCode;
  readonly outcome: "refused" | "cancelled";
  /** How often a name was typed that is not the stack's. */
  readonly wrongNames: number;
}

const WANTED: Readonly<Record<DestroyOption, ReadonlySet<Signal>>> = {
  1: new Set(["traces", "metrics", "logs", "dashboards"]),
  2: new Set(["dashboards"]),
  3: new Set(),
};

/** Whether this option exports this backend. */
export const isSaved = (option: DestroyOption, finding: Finding): boolean =>
  finding.state === "reached" &&
  holdsOneOf(finding.open.plugin.signals, WANTED[option]) &&
  holdsOneOf(finding.inventory.signals, WANTED[option]);

/** Exports what the option says. After an export that is not complete a person decides; without one it is refused. */
export async function saveFirst(
  call: DestroyCall,
  option: DestroyOption,
  setting: DestroySetting,
): Promise<Saved> {
  if (option === "3") return { backup: "no" };
  const { stack, trail } = setting;
  if (option === "1") await flushAll(call, stack.backends);
  const plan = await planWhole(call, option, setting);
  const result = await runExport(call, { stack, trail, plan, directory: stack.config.backups });
  reportExport(result, call);
  const { path, manifest } = result;
  if (manifest.status === "complete") return { backup: option === "1" ? "yes" : "dashboards", path };
  const stop = await whyNotAllTheSame(call, manifest.status, stack.config.name);
  return { backup: "incomplete", path, ...(stop && { stop }) };
}

async function planWhole(
  call: DestroyCall,
  option: DestroyOption,
  { stack }: DestroySetting,
): Promise<ExportPlan> {
  const now = fromMs(Date.now());
  return planExport(call, stack, {
    signals: WANTED[option],
    spanFor: (finding) => ({ range: wholeRange(finding, now), parent: null }),
  });
}

/** @returns `undefined` when a person has typed the stack's name */
async function whyNotAllTheSame(
  { terminal, signal }: DestroyCall,
  status: string,
  name: string,
): Promise<Stop | undefined> {
  terminal.warn(`the export is ${status}: what is missing above will be lost for good`);
  if (!terminal.interactive) return { exit: EXIT.refused, outcome: "refused", wrongNames: 0 };
  const message = `Destroy the stack all the same? Type its name (${name}) to destroy it:`;
  const { answer, wrong } = await askForExactly(terminal, { message, expected: name, signal });
  if (answer === "given") return undefined;
  const exit = answer === "no" ? EXIT.refused : EXIT.interrupted;
  return { exit, outcome: "cancelled", wrongNames: wrong };
}
