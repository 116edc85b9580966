import type { Ending, Trail } from "../../audit/format/event.ts";
import { ownIdentity } from "../../audit/journal/identity.ts";
import type { Config } from "../../config/config.ts";
import { exportSnapshot } from "../../export/export-snapshot.ts";
import type { ExportJob, ExportResult } from "../../export/types.ts";
import { estimateExport, estimateText } from "../../inventory/export-size.ts";
import { freeBytes } from "../../inventory/room.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { UsageError } from "../../tasks/errors.ts";
import { createProgress } from "../../terminal/progress.ts";
import { formatBytes } from "../../units/bytes.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import { VERSION } from "../../version.ts";
import type { Call } from "../command.ts";
import { shortPath } from "../short-path.ts";
import type { Stack } from "../stack.ts";
import type { ExportPlan } from "./plan.ts";

export interface ExportSetting {
  readonly stack: Stack;
  readonly trail: Trail;
  readonly plan: ExportPlan;
  /** Where snapshots are kept, absolute. */
  readonly directory: string;
  readonly files?: { readonly compression?: "zstd"; readonly fileBytesMax?: number };
}

/** Runs the planned export under the eyes of the user and of the trail. */
export async function runExport(call: Call, setting: ExportSetting): Promise<ExportResult> {
  const { plan, directory, stack } = setting;
  if (plan.parts.length + plan.failures.length === 0) throw new UsageError("there is nothing to export");
  await tellSize(call, plan, directory);
  const job = {
    backends: plan.parts.map(({ finding: _, ...part }) => part),
    failures: plan.failures,
    directory,
    ...paceOf(stack.config),
    tool: `contextcore ${VERSION}`,
    user: ownIdentity().user,
    ...setting.files,
    signal: call.signal,
  };
  const names = [...job.backends.map(({ open }) => open.name), ...job.failures.map(({ name }) => name)];
  return watchExport(call, setting.trail, names, (onProgress) => exportSnapshot({ ...job, onProgress }));
}

/** What the configuration says of how an export runs. */
export const paceOf = ({
  export: { concurrency, recount },
}: Config): Pick<ExportJob, "concurrency" | "tuning"> => ({
  concurrency,
  tuning: { recountMs: toMs(parseDuration(recount)) },
});

type Watch = NonNullable<Parameters<typeof exportSnapshot>[0]["onProgress"]>;

/** Shows progress and records the export, whatever runs it. */
export async function watchExport(
  { terminal, signal }: Call,
  trail: Trail,
  dataAffected: readonly string[],
  work: (onProgress: Watch) => Promise<ExportResult>,
): Promise<ExportResult> {
  const board = createProgress(terminal, { names: dataAffected, signal });
  const operation = { operation: "export", destructive: false, dataAffected, signal };
  try {
    return await trail.record(operation, async () => {
      const result = await work(board.update);
      return { result, ending: endingOf(result) };
    });
  } finally {
    board.stop();
  }
}

const OUTCOMES = { complete: "success", partial: "partial", failed: "failed" } as const;

function endingOf({ path, manifest }: ExportResult): Ending {
  const problems = manifest.plugins.filter(({ status }) => status !== "complete").map(({ name }) => name);
  return {
    outcome: OUTCOMES[manifest.status],
    exportPath: path,
    details: {
      bytes: manifest.bytes,
      ...(problems.length === 0 ? {} : { not_complete: problems.join(" ") }),
    },
  };
}

/** Says beforehand how much there will be about, and warns when it may not fit. */
async function tellSize(call: Call, plan: ExportPlan, directory: string): Promise<void> {
  const { terminal } = call;
  const parts = plan.parts.map(({ finding, request }) => ({ finding, range: request.range }));
  // A directory that cannot be read is told when the snapshot is made in it.
  const { snapshots } = await readKept(directory).catch(() => ({ snapshots: [] }));
  const size = estimateExport(parts, snapshots);
  const free = await freeBytes(directory);
  const room = free === undefined ? "" : `, ${formatBytes(free)} free`;
  terminal.note(`exporting to ${shortPath(directory, call.directory)}: ${estimateText(size)}${room}`);
  if (free !== undefined && size.high > free) {
    terminal.warn(
      "this may not fit on the disk; if it does not, nothing written is lost and --resume goes on",
    );
  }
}
