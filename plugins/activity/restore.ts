/** Puts runs back into the log. */
import { formatDuration, type RestoreAnswer, type RestoreDiagnostic, type Restorer } from "contextcore";
import { fromRunLine } from "contextcore/activity";
import { type Keeping, RUNS, recordedIn, type Saved, writing } from "./log.ts";

/** What is there is compared, and never overwritten. */
export const createRestorer = (saved: Saved, { retention, clock }: Keeping): Restorer => ({
  // A tool's result is put back with its call, and the run that brought it comes later.
  order: { [RUNS]: "index" },
  async preflight({ range }): Promise<readonly RestoreDiagnostic[]> {
    if (range.from >= clock() - retention) return [];
    return [
      {
        severity: "hides",
        message: `Runs that began more than ${formatDuration(retention)} ago are removed again by the next purge.`,
        setting: `activity.retention: ${formatDuration(retention)}`,
      },
    ];
  },
  async apply({ lines, range }, signal): Promise<RestoreAnswer> {
    signal.throwIfAborted();
    const { from, to } = recordedIn(range);
    const parsed = lines.map((line) => ({ line, run: fromRunLine(line) }));
    const wrong = parsed.flatMap(({ line, run }) =>
      "wrong" in run ? [{ line, reason: `It is no run: ${run.wrong}.` }] : [],
    );
    const wanted = parsed.flatMap(({ line, run }) => {
      if ("wrong" in run) return [];
      const recorded = Date.parse(run.recorded);
      return recorded >= from && recorded < to ? [{ line, run }] : [];
    });
    const outcomes = writing(saved, (log) => log.put(wanted.map(({ run }) => run)));
    const counts = (outcome: string) => {
      const some = wanted.filter((_, at) => outcomes[at] === outcome);
      return { runs: some.length, toolCalls: some.reduce((sum, { run }) => sum + run.toolCalls.length, 0) };
    };
    const taken = wanted.flatMap(({ line }, at) => {
      const outcome = outcomes[at];
      if (typeof outcome !== "object") return [];
      return [
        {
          line,
          reason: `Another run has its id, and differs in ${outcome.differs}. Runs are not overwritten.`,
        },
      ];
    });
    return { written: counts("written"), existing: counts("existing"), rejected: [...wrong, ...taken] };
  },
});
