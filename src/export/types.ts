import type { Counts, ExportRequest, Inventory, Problem } from "../contract/contract.ts";
import type { StraightSnapshot } from "../copies/straight/finish.ts";
import type { OnWait } from "../engine/wait.ts";
import type { OpenBackend } from "../host/open.ts";
import type { Manifest, Parent } from "../snapshot/format/manifest.ts";
import type { ExportTuning } from "./tuning.ts";

/** A request for one export. */
export interface ExportJob {
  readonly backends: readonly {
    readonly open: OpenBackend;
    readonly request: ExportRequest;
    /** The snapshot that this one continues; `null`: none, everything is requested; absent: unknown. */
    readonly parent?: Parent | null;
    /** What it answered when the export was planned. Absent: the export asks. */
    readonly inventory?: Inventory;
    /** Why it did not say what it holds, if it did not: the inventory is then only what its plugin declares. */
    readonly unlisted?: string;
  }[];
  /** Backends that could not be opened or asked: they become `failed` in the manifest. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  /** Where snapshots are kept. The snapshot becomes `<directory>/YYYYMMDD-HHMMSS`. */
  readonly directory: string;
  /** Maximum number of concurrent steps per backend; the engine reduces it by itself. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly onWait?: OnWait;
  /** The program and its version, for the manifest: `contextcore 0.1.0`. */
  readonly tool?: string;
  /** Who runs it, for the manifest. */
  readonly user?: string;
  /** Makes every block its own zstd frame. Ignored by a resumed export, which continues as it began. */
  readonly compression?: "zstd";
  /** Most bytes in one part of a split data file. Ignored by a resumed export. */
  readonly fileBytesMax?: number;
  /** Engine numbers that differ from the defaults. */
  readonly tuning?: Partial<ExportTuning>;
}

/** The progress of one backend. */
export interface ExportProgress {
  readonly name: string;
  /** 0 to 1, from the tree of cursors. */
  readonly done: number;
  readonly bytes: number;
  readonly counts: Counts;
  readonly retries: number;
  readonly state: "starting" | "running" | "waiting" | "counting" | "done" | "failed" | "stopped";
  readonly problems: readonly Problem[];
  /** Everything left has to wait this long. ms */
  readonly goesOnInMs?: number;
}

/** The result of an export; the manifest says whether it is complete. */
export interface ExportResult {
  /** The finished snapshot's directory, or where it lies in a place: `offsite:20260124-143000`. */
  readonly path: string;
  /** No backend could be asked for anything, so nothing lies there. */
  readonly isNothing?: true;
  readonly manifest: Manifest;
  /** What it is there. Absent: a directory. */
  readonly copy?: StraightSnapshot;
}
