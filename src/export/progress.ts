import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { given } from "../units/given.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { ExportTuning } from "./tuning.ts";
import type { ExportProgress } from "./types.ts";

/** Reports one backend's progress, no more often than people can read. */
export interface Reporter {
  /** Something has changed. */
  report(): void;
  /** Everything left has to wait. ms */
  pause(ms: number): void;
  /** The next stage begins: reported at once. */
  enter(state: ExportProgress["state"]): void;
  /** It has ended: reported at once, and nothing after it. */
  end(state: "done" | "failed" | "stopped"): void;
}

/** Where the numbers come from, and who is told. */
interface ReporterOptions {
  readonly name: string;
  readonly ledger: Ledger;
  readonly limit: ConcurrencyLimit;
  readonly tuning: ExportTuning;
  readonly onProgress?: (progress: ExportProgress) => void;
}

/** The reporter of one backend; without `onProgress` it does nothing. */
export function createReporter({ name, ledger, limit, tuning, onProgress }: ReporterOptions): Reporter {
  let state: ExportProgress["state"] = "starting";
  let over = false;
  let last = Number.NEGATIVE_INFINITY;
  const send = (goesOnInMs?: number): void => {
    last = performance.now();
    const waits = state === "running" && limit.slots() === 0;
    onProgress?.({
      name,
      done: state === "done" ? 1 : ledger.frontier.done,
      bytes: ledger.bytes,
      counts: { ...ledger.counts },
      retries: limit.retries,
      state: waits ? "waiting" : state,
      problems: ledger.problems.current(),
      ...given({ goesOnInMs }),
    });
  };
  return {
    report() {
      if (!over && performance.now() - last >= tuning.progressMs) send();
    },
    pause(ms) {
      if (!over && performance.now() - last >= tuning.progressMs) send(ms);
    },
    enter(next) {
      state = next;
      if (!over) send();
    },
    end(next) {
      state = next;
      if (!over) send();
      over = true;
    },
  };
}
