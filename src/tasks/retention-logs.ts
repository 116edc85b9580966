/** Compresses rotated log files, and removes those that are older than their level is kept. */
import { join } from "node:path";
import { readHolds } from "../retention/holds/file.ts";
import { type Hold, holdsOn } from "../retention/holds/hold.ts";
import { carryOutLogs, type LogsDone } from "../retention/logs/carry-out.ts";
import { type LogItem, type LogWork, planLogs } from "../retention/logs/plan.ts";
import { logPolicy } from "../retention/logs/policy.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { openFiles, watchOpenFiles } from "../storage/open-files.ts";
import { fileFailure } from "../storage/refusal.ts";
import { fromMs } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { asListed } from "./list-snapshots.ts";
import { logDirectoryOf } from "./log-directory.ts";
import { refuseWrongClock } from "./retention-clock.ts";
import { type Done, defineTask } from "./task/task.ts";

/** What would be done, and where. */
export interface LogRetentionPlan extends LogWork {
  /** Absolute, as the configuration names it. */
  readonly directory: string;
  /** By which ages are counted, ms since the epoch. */
  readonly now: number;
}

export const retentionLogs = defineTask({
  kind: "retention_logs",
  about: "compress rotated log files, and remove those that are older than their level is kept",
  params: {},
  opens: () => ({ asksNothing: true }),
  destructive: true,
  async plan(_, { config, home, trailFile, signal }): Promise<LogRetentionPlan> {
    const directory = logDirectoryOf(config, home);
    const policy = logPolicy(config.logs.levels);
    const now = Date.now();
    refuseWrongClock(fromMs(now), trailFile, (await readKept(config.backups, asListed)).snapshots);
    const rules = { policy, open: openFiles(), now, signal };
    const work = await planLogs(directory, rules).catch((error) => cannotOpen(directory, error));
    return { directory, now, ...withoutHeld(work, readHolds(config), now) };
  },
  targets: ({ directory, items }) =>
    items.map(({ file, mark }) => ({ kind: "log file", name: join(directory, file), identity: mark })),
  details: ({ directory, items }) => ({
    directory,
    compress: items.filter(({ action }) => action === "compress").length,
    remove: items.filter(({ action }) => action === "remove").length,
  }),
  async run({ directory, now, items }, { config, signal, did, follow }): Promise<Done<LogsDone>> {
    using stretch = follow(["logs"]);
    const result = await carryOutLogs(directory, items, {
      policy: logPolicy(config.logs.levels),
      open: watchOpenFiles(),
      // A hold may have been added since.
      stays: (item) => heldBy(item, readHolds(config), now),
      signal,
      onFile(done) {
        did(countsOf(done));
        const files = done.compressed.length + done.removed.length + done.left.length;
        const bytes = [...done.compressed, ...done.removed].reduce((sum, one) => sum + one.bytes, 0);
        const share = files / items.length;
        stretch.progress({
          name: "logs",
          done: share,
          bytes,
          counts: { files },
          state: "running",
          retries: 0,
        });
      },
    });
    const left = result.left.slice(0, NAMED_MAX).map(({ file, reason }) => `${file}: ${reason}`);
    const details = { ...countsOf(result), ...(left.length > 0 && { left }) };
    return { result, ending: { outcome: left.length > 0 ? "partial" : "success", details } };
  },
});

/** What a hold may name them as. */
const LOGS = "logs";

/** More are counted, and not named. */
const NAMED_MAX = 100;

function withoutHeld({ items, left }: LogWork, holds: readonly Hold[], now: number): LogWork {
  const held = items.flatMap((item) => {
    const reason = heldBy(item, holds, now);
    return reason === undefined ? [] : [{ file: item.file, reason }];
  });
  const files = new Set(held.map(({ file }) => file));
  return { items: items.filter(({ file }) => !files.has(file)), left: [...left, ...held] };
}

/** What a hold is about is not removed; that it is compressed takes nothing from it. */
function heldBy({ action, ageMs }: LogItem, holds: readonly Hold[], now: number): string | undefined {
  if (action !== "remove") return undefined;
  // Since when lines are in it nobody knows.
  const range = { from: 0n, to: fromMs(Math.ceil(now - ageMs)) + 1n };
  const names = holdsOn(holds, { backend: LOGS, range }).map(({ name }) => name);
  return names.length === 0 ? undefined : `it is held: ${listed(names)}`;
}

const countsOf = ({ compressed, removed, left }: LogsDone) => ({
  compressed: compressed.length,
  removed: removed.length,
  ...(left.length > 0 && { stayed: left.length }),
});

function cannotOpen(directory: string, cause: unknown): never {
  const { message, ...more } = fileFailure("read", directory, cause, { purpose: "read" });
  throw Object.assign(new Error(message, { cause }), more);
}
