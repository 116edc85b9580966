/** What the steps of an export are given: what its backends share, and what belongs to one of them. */
import type { Backend } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { MemoryBudget } from "../engine/memory-budget.ts";
import type { Tuning } from "../engine/tuning.ts";
import type { OpenBackend } from "../host/open.ts";
import type { SnapshotWriter } from "../snapshot/write/writer.ts";
import type { Wake } from "./drain.ts";
import type { Ledger } from "./ledger.ts";
import type { Reporter } from "./progress.ts";
import type { TemporarySpace } from "./temporary-space.ts";
import type { ExportProgress } from "./types.ts";

/** What all backends of an export share. */
export interface ExportContext {
  /** The directory of the unfinished snapshot. */
  readonly partial: string;
  readonly writer: SnapshotWriter;
  readonly budget: MemoryBudget;
  readonly tuning: Tuning;
  readonly temporary: TemporarySpace;
  readonly concurrency: number;
  /** Given when the export is to stop, for whatever reason. */
  readonly signal: AbortSignal;
  /** Stops the whole export: what was read cannot be written. */
  readonly stop: (error: Error) => void;
  readonly onProgress?: (progress: ExportProgress) => void;
}

/** One backend's export under way. */
export interface Run extends ExportContext {
  readonly open: OpenBackend;
  readonly backend: Backend;
  readonly ledger: Ledger;
  readonly limit: ConcurrencyLimit;
  readonly wake: Wake;
  readonly reporter: Reporter;
}
