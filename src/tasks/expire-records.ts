/** Runs of models and events of the trail that are past their time: what `activity purge` and `audit prune` remove. */
import { basename } from "node:path";
import { activityPurge, purgeText } from "./activity-purge.ts";
import { auditPrune } from "./audit-prune.ts";
import { expirerOf } from "./expirer.ts";

/** By `activity.retention` and `activity.content_retention`. */
export const expireActivity = expirerOf({
  name: "activity",
  task: activityPurge,
  given: {},
  what: ({ found }) => purgeText(found),
});

/** By `audit.retention`. */
export const expireTrail = expirerOf({
  name: "trail",
  task: auditPrune,
  given: {},
  what: ({ archive }, { name }) => `${basename(name)} moves to ${archive}`,
});
