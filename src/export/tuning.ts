import { DEFAULT_TUNING, type Tuning } from "../engine/tuning.ts";

/** The numbers of an export: the engine's, and when its index is committed, its counts repeated, and its progress told. */
export interface ExportTuning extends Tuning {
  /** How much one commit of the index may hold back. */
  readonly groupMs: number;
  readonly groupBytes: number;
  /**
   * How long to wait before asking again for a differing count, and how often at most. A window that may recently have been
   * written to is trusted once two equal counts lie this far apart. 0: counts are never repeated. ms
   */
  readonly recountMs: number;
  readonly recounts: number;
  /**
   * A window that ended less than this before the server's now may recently have been written to: collectors offline for a
   * night, and batches pushed with their own times, arrive within a day. ms
   */
  readonly recentMs: number;
  /** The same of a window in which nothing was read and the server counts nothing: only what it is about to show is missing. ms */
  readonly emptyRecentMs: number;
  /** Shortest time between two progress reports of one backend. ms */
  readonly progressMs: number;
}

/** The defaults of an export. */
export const EXPORT_TUNING: ExportTuning = {
  ...DEFAULT_TUNING,
  groupMs: 500,
  groupBytes: 32 << 20,
  recountMs: 5_000,
  recounts: 6,
  recentMs: 86_400_000,
  emptyRecentMs: 60_000,
  progressMs: 100,
};
