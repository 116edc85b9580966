/** What the rehearsal of one backend is given, and what it tells. */

import type { OpenSnapshot } from "../snapshot/read/reader.ts";

/** How far one backend's drill is. */
export interface DrillProgress {
  readonly stage: "check" | "restore" | "read" | "compare";
  /** 0 to 1, of the stage. */
  readonly done: number;
  readonly bytes: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly retries: number;
}

/** What a rehearsal works with. */
export interface RehearsalWork {
  /** For the journal, what was refused, and what is read back. It has to be empty. */
  readonly directory: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** The snapshot without what was erased since it was made. */
  readonly leaveOut: (snapshot: OpenSnapshot) => OpenSnapshot;
  readonly warn: (message: string) => void;
  readonly onProgress: (progress: DrillProgress) => void;
}
