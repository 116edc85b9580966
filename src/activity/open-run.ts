/** A run as whoever asks the model has it, wherever it is kept. */
import { given } from "../units/given.ts";
import type { OpenRun, RunEnded } from "./log.ts";

/** How a run ended, with its times, ms since 1970. */
export interface RunEnding extends RunEnded {
  readonly ended: number;
  readonly firstChunk?: number;
}

/** Notes the times, and that it ended, once. */
export function openRun(id: string, keep: (ending: RunEnding) => void): OpenRun {
  let [firstChunk, isEnded]: [number?, boolean?] = [];
  return {
    id,
    firstChunk(at = Date.now()) {
      firstChunk ??= at;
    },
    end({ ended = Date.now(), ...how }) {
      if (isEnded) return;
      isEnded = true;
      keep({ ...how, ended, ...given({ firstChunk }) });
    },
  };
}
