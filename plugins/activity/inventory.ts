/** What the log holds. */
import { formatDuration, fromMs, type Inventory, parseDuration, toRfc3339 } from "contextcore";
import { type Keeping, type Saved, withLog } from "./log.ts";

/** A purge that runs each night leaves a run for up to a day more. */
const NIGHT = parseDuration("1d");

/** Counts it. A project in which nothing was ever recorded has no log, which is no error. @throws PluginError */
export function look(saved: Saved, { retention, clock }: Keeping, signal: AbortSignal): Inventory {
  signal.throwIfAborted();
  const what = {
    signals: ["records"],
    retention,
    retentionSetting: "activity.retention",
    bindsCopies: true,
  } as const;
  const span = withLog(saved, (log) => log.span());
  if (span === undefined)
    return {
      ...what,
      counts: { runs: 0, toolCalls: 0 },
      warnings: [`No run was ever recorded: ${saved.path} is not there.`],
    };
  const { runs, toolCalls, oldest, newest, began } = span;
  const isOverdue = began !== undefined && fromMs(began) < clock() - retention - NIGHT;
  return {
    ...what,
    counts: { runs, toolCalls },
    ...(oldest !== undefined && newest !== undefined && { oldest: fromMs(oldest), newest: fromMs(newest) }),
    ...(isOverdue && { warnings: [overdue(fromMs(began), retention)] }),
  };
}

const overdue = (began: bigint, retention: bigint): string =>
  `Runs are kept for ${formatDuration(retention)}, and the oldest began ${toRfc3339(began).slice(0, 10)}: nothing removes them but \`contextcore activity purge\`, or a schedule of \`activity_purge\`.`;
