/** Where an export goes: a directory, or a place, perhaps with processes that run its steps; and what it can continue there. */
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { PlanOptions } from "../export/plan.ts";
import { localStorage } from "../storage/local.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { shortPath } from "../units/short-path.ts";
import type { ExportValues } from "./export-params.ts";
import { isAddress } from "./snapshots/addresses.ts";
import { holdingsOf } from "./snapshots/holdings.ts";
import { type StraightTarget, straightNamed, straightTarget } from "./straight-export.ts";
import { UsageError } from "./task/errors.ts";
import type { TaskContext, Wanted } from "./task/task.ts";

/** The directory for snapshots, or the place that it goes straight into. */
export type ExportTarget = string | StraightTarget;

/** The stores that are opened: also for copies. */
export function storesOf(
  place: string | undefined,
  { copies }: Config,
): Pick<Wanted, "stores" | "addresses"> {
  if (place === undefined && copies.length === 0) return {};
  return { stores: true, addresses: [place ?? ""].filter(isAddress) };
}

/** The directory for snapshots, or the place that is meant. */
export async function exportTargetOf(params: ExportValues, context: TaskContext): Promise<ExportTarget> {
  const named = straightNamed(params, context.config);
  if (named !== undefined) return withWorkers(await straightTarget(named.place, context), params);
  const flag = (["local-workers", "queue"] as const).find((one) => params[one] !== undefined);
  if (flag === undefined) return outputOf(params, context);
  throw new UsageError(
    `--${flag} needs a place that the export goes straight into`,
    "name one with -o: a store of the configuration, or its URL",
  );
}

/** With as many processes as are asked for. */
export const withWorkers = (
  target: StraightTarget,
  { "local-workers": localWorkers, queue }: ExportValues,
): StraightTarget => ({ ...target, ...given({ localWorkers, queue }) });

/** What an increment may continue. */
export async function keptFor(
  to: ExportTarget,
  { output }: ExportValues,
  { config }: TaskContext,
): Promise<Storage> {
  if (typeof to !== "string") return to.kept;
  return output === undefined ? holdingsOf(config) : localStorage(to);
}

/** A source that compares with what its parent holds begins anew where nobody here can read that. */
export function continuable(
  spanFor: PlanOptions["spanFor"],
  to: ExportTarget,
  note: TaskContext["note"],
): PlanOptions["spanFor"] {
  if (typeof to === "string") return spanFor;
  return (finding) => {
    const span = spanFor(finding);
    const { export: exporter } = finding.open.backend;
    if (span.parent == null || exporter.continues === undefined || to.canRead(span.parent)) return span;
    note(`${finding.name}: everything all the same: only its recipients can read ${span.parent.snapshot}`);
    return { ...span, parent: null };
  };
}

/** Where snapshots are kept. */
export const outputOf = ({ output }: ExportValues, { config, directory }: TaskContext): string =>
  output === undefined ? config.backups : resolve(directory, output);

/** Where it goes, for people. */
export const targetText = (to: ExportTarget, directory: string): string =>
  typeof to === "string" ? shortPath(to, directory) : to.place.name;
