/** The windows of a snapshot, to be counted again. */
import type { Counts } from "../contract/contract.ts";
import type { ManifestWindow } from "../snapshot/format/manifest.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import type { CountQuestion } from "./windows.ts";

/** A window that the server could count when it was saved. */
export interface SavedQuestion extends CountQuestion {
  /** What it counted then. */
  readonly counted: Counts;
  /** There was more, which it could not count. */
  readonly wasPartial: boolean;
}

/** A question for each window that the server could count when it was saved, about what it counted then. */
export const savedQuestions = (windows: readonly ManifestWindow[]): SavedQuestion[] =>
  windows.flatMap(({ server, read, uncounted = false, ...times }) =>
    server === undefined
      ? []
      : [
          {
            range: rangeFromText(times),
            part: "window",
            read,
            counted: server,
            wasPartial: uncounted,
            concerns: (unit) => Object.hasOwn(server, unit),
          },
        ],
  );
