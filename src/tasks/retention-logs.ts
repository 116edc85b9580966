/** Compresses rotated log files, and removes those that are older than their level is kept. */
import { join, relative, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { readHolds } from "../retention/holds/file.ts";
import { type Hold, holdsOn } from "../retention/holds/hold.ts";
import { carryOutLogs, type LogsDone } from "../retention/logs/carry-out.ts";
import { type LogWork, planLogs } from "../retention/logs/plan.ts";
import { logPolicy } from "../retention/logs/policy.ts";
import { openFiles } from "../storage/open-files.ts";
import { namedPath } from "../storage/own-file.ts";
import { fileFailure } from "../storage/refusal.ts";
import { fromMs } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { UsageError } from "./task/errors.ts";
import { type Done, defineTask } from "./task/task.ts";

/** What would be done, and where. */
export interface LogRetentionPlan extends LogWork {
  /** Absolute, as the configuration names it. */
  readonly directory: string;
}

export const retentionLogs = defineTask({
  kind: "retention_logs",
  about: "compress rotated log files, and remove those that are older than their level is kept",
  params: {},
  opens: () => ({ asksNothing: true }),
  destructive: true,
  async plan(_, { config, home, signal }): Promise<LogRetentionPlan> {
    const directory = directoryOf(config, home);
    const policy = logPolicy(config.logs.levels);
    const now = Date.now();
    const rules = { policy, open: openFiles(), now, signal };
    const work = await planLogs(directory, rules).catch((error) => cannotOpen(directory, error));
    return { directory, ...withoutHeld(work, readHolds(config), now) };
  },
  targets: ({ directory, items }) =>
    items.map(({ file, mark }) => ({ kind: "log file", name: join(directory, file), identity: mark })),
  details: ({ directory, items }) => ({
    directory,
    compress: items.filter(({ action }) => action === "compress").length,
    remove: items.filter(({ action }) => action === "remove").length,
  }),
  async run({ directory, items }, { config, signal, did, follow }): Promise<Done<LogsDone>> {
    using stretch = follow(["logs"]);
    const result = await carryOutLogs(directory, items, {
      policy: logPolicy(config.logs.levels),
      open: openFiles(),
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
    const left = result.left.map(({ file, reason }) => `${file}: ${reason}`);
    const details = { ...countsOf(result), ...(left.length > 0 && { left }) };
    return { result, ending: { outcome: left.length > 0 ? "partial" : "success", details } };
  },
});

/** What a hold may name them as. */
const LOGS = "logs";

/** What a hold is about is not removed; that it is compressed takes nothing from it. */
function withoutHeld({ items, left }: LogWork, holds: readonly Hold[], now: number): LogWork {
  const held = items.flatMap(({ action, file, ageMs }) => {
    // Since when lines are in it nobody knows.
    const range = { from: 0n, to: fromMs(Math.ceil(now - ageMs)) + 1n };
    const names = action === "remove" ? holdsOn(holds, { backend: LOGS, range }).map(({ name }) => name) : [];
    return names.length === 0 ? [] : [{ file, reason: `it is held: ${listed(names)}` }];
  });
  const files = new Set(held.map(({ file }) => file));
  return { items: items.filter(({ file }) => !files.has(file)), left: [...left, ...held] };
}

const countsOf = ({ compressed, removed }: LogsDone) => ({
  compressed: compressed.length,
  removed: removed.map(({ file }) => file),
});

/** @throws UsageError when there is none, or it holds what is no log */
function directoryOf({ logs, directory, backups }: Config, home: string): string {
  if (logs.directory === undefined)
    throw new UsageError(
      "no directory of log files is configured",
      "logs.directory in contextcore.yaml names it",
    );
  const real = namedPath(resolve(directory, logs.directory));
  const own = [join(directory, ".contextcore"), backups, home].map(namedPath);
  const touched = own.find((one) => isWithin(one, real) || isWithin(real, one));
  if (touched !== undefined || real === "/")
    throw new UsageError(
      `logs.directory: ${real} is no directory of log files${touched === undefined ? "" : `: contextcore keeps its own in ${touched}`}`,
      "name a directory that has log files alone",
    );
  return real;
}

/** Whether it is this directory, or in it. */
function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || !(way === ".." || way.startsWith("../") || way.startsWith("/"));
}

function cannotOpen(directory: string, cause: unknown): never {
  const { message, ...more } = fileFailure("read", directory, cause, { purpose: "read" });
  throw Object.assign(new Error(message, { cause }), more);
}
