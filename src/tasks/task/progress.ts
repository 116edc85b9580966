/** Progress as values: a terminal draws them, an API forwards them. */

/** The present state of one part of the work, usually a backend. */
export interface Progress {
  readonly name: string;
  /** 0 to 1. */
  readonly done: number;
  readonly bytes: number;
  /** By unit: `entries`, `spans`. The largest is shown. */
  readonly counts: Readonly<Record<string, number>>;
  /** `stopped`: interrupted before its end. */
  readonly state: "starting" | "running" | "waiting" | "counting" | "done" | "failed" | "stopped";
  readonly retries: number;
  /** An additional remark: `already there 1,234`. */
  readonly remark?: string;
  /** The rest can only be done after this time, ms. */
  readonly goesOnInMs?: number;
}

/** One stretch of work. Disposing of it removes its display. */
interface Stretch extends Disposable {
  readonly progress: (progress: Progress) => void;
}

/** Starts a stretch of work. @param parts the expected parts, in display order; more may come */
export type Follow = (parts?: readonly string[]) => Stretch;

/** Several requests in progress, shown until all have answered. */
interface Wait extends Disposable {
  readonly answered: (name: string) => void;
}

/** Shows whose answers are awaited. */
export type WaitFor = (names: readonly string[]) => Wait;
