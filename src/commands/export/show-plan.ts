import { estimateText } from "../../inventory/export-size.ts";
import type { SnapshotPlan } from "../../tasks/export.ts";
import { targetText } from "../../tasks/export-target.ts";
import { printTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { shortPath } from "../../units/short-path.ts";
import { listed } from "../../units/words.ts";
import type { Call } from "../command.ts";

/** What an export would read of each backend, where it would write that, and what it would ask of servers before. */
export function showExportPlan(
  { job, to, partial, outlook }: SnapshotPlan,
  { terminal, directory }: Pick<Call, "terminal" | "directory">,
): void {
  const { bold, dim } = terminal.colors;
  const rows = job.backends.map(({ open, request, parent }) => {
    const size = outlook?.sizes.get(open.name);
    const more = [
      request.match === undefined ? "" : `only ${request.match}`,
      parent == null ? "" : `continues ${parent.snapshot}`,
    ];
    return [
      bold(open.name),
      `${minute(request.range.from)} to ${minute(request.range.to)} UTC`,
      outlook === undefined
        ? ""
        : size === undefined
          ? "of unknown size"
          : `about ${formatBytes(size.likely)}`,
      dim(more.filter((text) => text !== "").join(", ")),
    ];
  });
  printTable(terminal, [{}, {}, {}, {}], rows);
  for (const { name, reason } of job.failures) terminal.fault("missing", `${name}: ${reason}`);
  if (partial !== undefined) terminal.tell(`what is left of ${shortPath(partial, directory)}`);
  const flushed = job.backends.filter(
    ({ open }) => partial === undefined && open.backend.flush !== undefined,
  );
  if (flushed.length > 0)
    terminal.tell(
      `${listed(flushed.map(({ open }) => open.name))} would be asked to flush first; what is only in memory is not in these sizes`,
    );
  if (outlook === undefined) return;
  const { size, freeBytes } = outlook;
  const room = freeBytes === undefined ? "" : `, ${formatBytes(freeBytes)} free`;
  terminal.tell(`to ${targetText(to, directory)}: ${estimateText(size)}${room}`);
  if (freeBytes !== undefined && size.high > freeBytes) terminal.warn("this may not fit on the disk");
}
