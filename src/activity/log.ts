/** What takes runs in: a database of this machine, or a service elsewhere. */
import type { KeptContent } from "./content/keep.ts";
import type { WritingState } from "./database/queue.ts";
import type { EndedRun, RunOrigin } from "./database/write.ts";
import type { Asked, ModelAnswer } from "./format/run.ts";

/** A run that begins. */
export interface NewRun extends Omit<RunOrigin, "modelAsked"> {
  /** UUID; default: a new one. One that is there already is not taken in again. */
  readonly id?: string;
  readonly asked: Asked;
  /** ms since 1970; default: now. */
  readonly started?: number;
  readonly content?: KeptContent;
  /** Is told if it, or its end, cannot be written. */
  onLost?(): void;
}

/** How a run ended. Absent members are not known. */
export interface RunEnded {
  readonly status: EndedRun["status"];
  readonly answer?: ModelAnswer;
  /** What of the answer was left out already, bytes. */
  readonly cutBytes?: number;
  readonly error?: { readonly class: string; readonly text: string };
  /** ms since 1970; default: now. */
  readonly ended?: number;
}

/** A run that goes on. */
export interface OpenRun {
  /** UUIDv7. */
  readonly id: string;
  /** The answer begins; later calls mean nothing. @param at ms since 1970; default: now */
  firstChunk(at?: number): void;
  /** The first end counts. */
  end(end: RunEnded): void;
}

/** Whoever calls it is never delayed, never gets an error, and never waits for a disk or a network. */
export interface ActivityLog {
  begin(run: NewRun): OpenRun;
  state(): WritingState;
  /** Writes what waits, as far as it can be written within the time. @param limitMs ms */
  close(limitMs?: number): Promise<void>;
}
