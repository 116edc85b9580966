/** What tasks of their own let go of: runs of models, events of the trail, rotated log files, and data that moves into an archive. */
import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { formatBytes } from "../units/bytes.ts";
import { toRfc3339 } from "../units/range.ts";
import { countsText } from "../units/unit-text.ts";
import { activityPurge, purgeText } from "./activity-purge.ts";
import { auditPrune } from "./audit-prune.ts";
import { type Expirer, expirerOf } from "./expirer.ts";
import { heldByText } from "./held-by.ts";
import { retentionArchive } from "./retention-archive.ts";
import { retentionLogs } from "./retention-logs.ts";

/** By `activity.retention` and `activity.content_retention`. */
export const expireActivity = expirerOf({
  name: "activity",
  task: activityPurge,
  given: {},
  what: ({ found }) => purgeText(found),
  stays: ({ held }) => (held.length === 0 ? [] : [{ name: "the log of runs", reason: heldByText(held) }]),
});

/** By `audit.retention`. */
export const expireTrail = expirerOf({
  name: "trail",
  task: auditPrune,
  given: {},
  what: ({ archive }, { name }) => `${basename(name)} moves to ${archive}`,
});

const logFiles = expirerOf({
  name: "logs",
  task: retentionLogs,
  given: {},
  what({ directory, items }, { name }) {
    const item = items.find(({ file }) => join(directory, file) === name);
    const level = item?.level === undefined ? "" : `, ${item.level}`;
    return `${item?.action === "compress" ? "is compressed" : "is removed"}: ${formatBytes(item?.bytes ?? 0)}${level}`;
  },
  stays: ({ directory, left }) => left.map(({ file, reason }) => ({ name: join(directory, file), reason })),
  left: ({ directory }, { left }) =>
    left.map(({ file, reason }) => ({ name: join(directory, file), reason, isOwed: true })),
});

/** By `logs.levels`, where a directory of log files is named. */
export const expireLogs = ({ logs }: Pick<Config, "logs">): Expirer[] =>
  logs.directory === undefined ? [] : [logFiles];

/** By `archive`: of each backend there. */
export const expireArchived = ({ archive }: Pick<Config, "archive">): Expirer[] =>
  Object.keys(archive).map((plugin) =>
    expirerOf({
      name: "archive",
      task: retentionArchive,
      given: { plugin },
      what({ items }, { name }) {
        const [one] = items.filter(({ backend }) => backend === name);
        if (one === undefined) return "";
        const { counts, before, afterwards, to } = one;
        return `${countsText(counts)} before ${toRfc3339(before)} ${afterwards === "keep" ? "are archived in" : "move to"} ${to}`;
      },
      stays: ({ stays }) => stays,
      left: (plan, { stays }) => stays.filter((one) => !plan.stays.includes(one)),
    }),
  );
