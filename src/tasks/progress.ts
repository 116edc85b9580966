/** How far work has come, as values: a terminal draws them, an API sends them on. */

/** What is known now of one part of the work: a backend, mostly. */
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
  /** What else is to be said of it: `already there 1,234`. */
  readonly remark?: string;
  /** What is left can only be done later, in so long. ms */
  readonly goesOnInMs?: number;
}

/** One stretch of work: whoever shows it takes it away when the stretch is over. */
export interface Stretch extends Disposable {
  readonly progress: (progress: Progress) => void;
}

/** Begins a stretch of work. @param parts what there will be, in the order that it is shown in; more may come */
export type Follow = (parts?: readonly string[]) => Stretch;

/** Questions that were put to several at once, told until all have answered. */
export interface Wait extends Disposable {
  readonly answered: (name: string) => void;
}

/** Tells whose answers are waited for. */
export type WaitFor = (names: readonly string[]) => Wait;
