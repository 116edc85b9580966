import type { Counts, ExportRequest, Problem } from "../contract/contract.ts";
import type { Tuning } from "../engine/tuning.ts";
import type { OpenBackend } from "../host/open.ts";
import type { Manifest, Parent } from "../snapshot/format/manifest.ts";

/** What one export is asked to do. */
export interface ExportJob {
  readonly backends: readonly {
    readonly open: OpenBackend;
    readonly request: ExportRequest;
    /** The snapshot that this one continues; `null`: none, all there is is asked for; absent: not known. */
    readonly parent?: Parent | null;
  }[];
  /** Backends that could not be opened or asked: they become `failed` in the manifest. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  /** Where snapshots are kept. The snapshot becomes `<directory>/YYYYMMDD-HHMMSS`. */
  readonly directory: string;
  /** Steps under way at once for each backend, at most; the engine goes lower by itself. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** The program and its version, for the manifest: `contextcore 0.1.0`. */
  readonly tool?: string;
  /** Who runs it, for the manifest. */
  readonly user?: string;
  /** Every block becomes a zstd frame of its own. Not of a resumed export: it goes on as it began. */
  readonly compression?: "zstd";
  /** Data files are split so that a part holds at most this. Bytes. As above. */
  readonly fileBytesMax?: number;
  /** The engine's numbers that are not to be the usual ones. */
  readonly tuning?: Partial<Tuning>;
}

/** How far one backend is. */
export interface ExportProgress {
  readonly name: string;
  /** 0 to 1, from the tree of cursors. */
  readonly done: number;
  readonly bytes: number;
  readonly counts: Counts;
  readonly retries: number;
  readonly state: "starting" | "running" | "waiting" | "counting" | "done" | "failed";
  readonly problems: readonly Problem[];
  /** All that is left may only be read later, in so long. ms */
  readonly goesOnInMs?: number;
}

/** What an export leaves: see the manifest for whether it is complete. */
export interface ExportResult {
  /** The finished snapshot's directory. */
  readonly path: string;
  readonly manifest: Manifest;
}
