/** Removes closed trail files that are past their retention; one event records what they held. */
import { join, resolve } from "node:path";
import { carryOutPrune, LeftoverError } from "../audit/retention/carry-out.ts";
import { doomedOf, planTrailPrune, type TrailPrunePlan } from "../audit/retention/plan.ts";
import { readHolds } from "../retention/holds/file.ts";
import { holdsOn, TRAIL } from "../retention/holds/hold.ts";
import { namedPath } from "../storage/own-file.ts";
import type { Range } from "../units/range.ts";
import { counted } from "../units/words.ts";
import { heldByText } from "./held-by.ts";
import { readLimit } from "./task/count.ts";
import { RefusedError } from "./task/errors.ts";
import { withLastWord } from "./task/last-word.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

const params = {
  days: {
    type: "value",
    hint: "N",
    parse: readLimit,
    about:
      "keep ordinary events for this many days (default and minimum: `audit.retention` in the configuration)",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "DIRECTORY",
    complete: "directories",
    local: true,
    about: "where to copy the files before they are removed (default: audit-archive beside the snapshots)",
  },
} as const;

/** How many events were removed. */
interface AuditPruned {
  readonly events: number;
}

/** What would be removed, and where a copy is kept first. */
export interface AuditPrunePlan extends TrailPrunePlan {
  readonly archive: string;
}

export const auditPrune = defineTask({
  kind: "audit_prune",
  about: "remove old closed files of the trail; an event records what they held",
  params,
  destructive: true,
  async plan({ days, output }, { config, directory, trailFile }): Promise<AuditPrunePlan> {
    const { retention } = config.audit;
    const retentionDays = days ?? retention;
    if (retentionDays < retention) {
      throw new RefusedError(
        `--days ${days}: the configuration keeps ordinary events for ${retention} days`,
        "audit.retention in contextcore.yaml sets this",
      );
    }
    const own = join(config.backups, "audit-archive");
    const archive = output === undefined ? resolve(directory, own) : namedPath(resolve(directory, output));
    const holds = readHolds(config);
    const heldBy = (range: Range): string | undefined => {
      const names = holdsOn(holds, { backend: TRAIL, range }).map(({ name }) => name);
      return names.length === 0 ? undefined : heldByText(names);
    };
    return { ...planTrailPrune({ file: trailFile, retentionDays, now: Date.now(), heldBy }), archive };
  },
  targets: (plan) =>
    doomedOf(plan).map(({ segment, sha256 }) => ({
      kind: "audit file",
      name: segment.path,
      identity: sha256,
    })),
  details: ({ archive }) => ({ archive }),
  async run(plan, running: Running): Promise<Done<AuditPruned>> {
    const ending = await carryOutPrune(plan, { archive: plan.archive, home: running.home }, running).catch(
      (error) => {
        throw error instanceof LeftoverError ? withLastWord(error, prunedText(plan)) : error;
      },
    );
    return { result: { events: plan.range?.events ?? 0 }, ending };
  },
});

/** `281 events moved to backups/audit-archive; one event in the trail stands for them` */
export const prunedText = ({ range, archive }: AuditPrunePlan): string =>
  `${counted(range?.events ?? 0, "event")} moved to ${archive}; one event in the trail stands for them`;
