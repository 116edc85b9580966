import { wholeRange } from "../../inventory/whole-range.ts";
import type { Signal } from "../../plugin/contract.ts";
import { confirm } from "../../terminal/ask.ts";
import { fromMs } from "../../units/range.ts";
import { flushAll } from "../export/flush.ts";
import { type ExportPlan, planExport } from "../export/plan.ts";
import { reportExport } from "../export/report.ts";
import { runExport } from "../export/run.ts";
import type { DestroyOption } from "./ask.ts";
import type { DestroyCall, DestroySetting } from "./index.ts";

export interface Saved {
  readonly backup: "yes" | "no" | "dashboards" | "incomplete";
  /** The snapshot. */
  readonly path?: string;
  /** Whether the destruction may follow. */
  readonly goOn: boolean;
}

const WANTED: Readonly<Record<DestroyOption, readonly Signal[]>> = {
  1: ["traces", "metrics", "logs", "dashboards"],
  2: ["dashboards"],
  3: [],
};

/** Exports what the option says. After an export that is not complete a person decides; without one it is refused. */
export async function saveFirst(
  call: DestroyCall,
  option: DestroyOption,
  setting: DestroySetting,
): Promise<Saved> {
  if (option === "3") return { backup: "no", goOn: true };
  const { stack, trail } = setting;
  if (option === "1") await flushAll(call, stack.backends);
  const plan = await planWhole(call, option, setting);
  const result = await runExport(call, { stack, trail, plan, directory: stack.config.backups });
  reportExport(result, call);
  const { path, manifest } = result;
  if (manifest.status === "complete")
    return { backup: option === "1" ? "yes" : "dashboards", path, goOn: true };
  return { backup: "incomplete", path, goOn: await acceptsLoss(call, manifest.status) };
}

async function planWhole(
  call: DestroyCall,
  option: DestroyOption,
  { stack }: DestroySetting,
): Promise<ExportPlan> {
  const now = fromMs(Date.now());
  return planExport(call, stack, {
    signals: new Set(WANTED[option]),
    spanFor: (finding) => ({ range: wholeRange(finding, now), parent: null }),
  });
}

async function acceptsLoss({ terminal, signal }: DestroyCall, status: string): Promise<boolean> {
  terminal.warn(`the export is ${status}: what is missing above will be lost for good`);
  if (!terminal.interactive) return false;
  return (await confirm(terminal, { message: "Destroy the stack all the same?", signal })) === true;
}
