import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { OnWait } from "../engine/wait.ts";
import type { Parent } from "../snapshot/format/manifest.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import type { Draft } from "./draft.ts";
import type { ExportTuning } from "./tuning.ts";
import type { ExportProgress } from "./types.ts";
import type { TemporarySpace } from "./whole/temporary-space.ts";
import type { Elsewhere } from "./workers/elsewhere.ts";

/** What all backends of an export share. */
export interface ExportContext {
  readonly draft: Pick<Draft, "committed" | "earlier">;
  readonly writer: SnapshotWriter;
  /** Steps that other processes run. Absent: all are run in this one. */
  readonly elsewhere?: Elsewhere;
  readonly budget: MemoryBudget;
  readonly tuning: ExportTuning;
  readonly temporary: TemporarySpace;
  /** The snapshots that backends continue, by their names. */
  readonly parents: ReadonlyMap<string, Parent>;
  readonly concurrency: number;
  /** Aborted when the export has to stop, for whatever reason. */
  readonly signal: AbortSignal;
  /** Stops the whole export, because what was read cannot be written. */
  readonly stop: (error: Error) => void;
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly onWait?: OnWait;
}
