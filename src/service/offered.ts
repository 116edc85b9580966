/** The tasks that may run where no person sits: over the API and by a schedule. Never trust, keys, `recover` or `destroy`. */
import type { Result } from "../results/result.ts";
import type { Params } from "../tasks/task/param.ts";
import type { Task } from "../tasks/task/task.ts";
import {
  archiveLacks,
  copyLacks,
  dashboardsLack,
  drillLacks,
  exportLacks,
  inventoryLacks,
  logsLack,
  pruneLacks,
  restoreLacks,
  retentionLacks,
  retryLacks,
  verifyLacks,
} from "./lacks.ts";

/** A task as the service knows it: what it is, and how its plan and its result are shown. */
export interface OfferedTask {
  readonly task: Task;
  readonly result: Result;
  resultJson(plan: unknown, result: unknown): object;
  /** Why the run is not whole, or failed: a line for each thing that this concerns, the weightiest first. */
  lacks(result: unknown): readonly string[];
  /** Absent: the targets say it all. */
  readonly plan?: Result;
  planJson?(plan: unknown): object;
}

interface Offer<P extends Params, Plan, Value> {
  readonly task: Task<P, Plan, Value>;
  readonly result: Result;
  resultJson(plan: Plan, result: Value): object;
  lacks(result: NoInfer<Value>): readonly string[];
  readonly plan?: Result;
  planJson?(plan: Plan): object;
}

/** Each gets back only what its own task has made, so their types need not be known further up. */
const offer = <P extends Params, Plan, Value>(offered: Offer<P, Plan, Value>): OfferedTask =>
  offered as OfferedTask;

/** Of one that is either done or ends with an error. */
const lacksNothing = (): readonly string[] => [];

/** By kind; loaded when one is needed. */
export const OFFERED: Readonly<Record<string, () => Promise<OfferedTask>>> = {
  async activity_purge() {
    const { activityPurge } = await import("../tasks/activity-purge.ts");
    const { ACTIVITY_PURGE, activityPurgeJson } = await import("../results/activity.ts");
    return offer({
      task: activityPurge,
      lacks: lacksNothing,
      result: ACTIVITY_PURGE,
      resultJson: ({ limits, found, held }, removed) =>
        activityPurgeJson({ ...limits, found, held }, removed),
      plan: ACTIVITY_PURGE,
      planJson: ({ limits, found, held }) => activityPurgeJson({ ...limits, found, held }),
    });
  },
  async audit_prune() {
    const { auditPrune } = await import("../tasks/audit-prune.ts");
    const { AUDIT_PRUNE, auditPruneJson } = await import("../results/audit.ts");
    return offer({
      task: auditPrune,
      lacks: lacksNothing,
      result: AUDIT_PRUNE,
      resultJson: (plan) => auditPruneJson(plan, true),
      plan: AUDIT_PRUNE,
      planJson: (plan) => auditPruneJson(plan, false),
    });
  },
  async copy() {
    const { copy } = await import("../tasks/copy.ts");
    const { copyJson, SNAPSHOTS_COPY } = await import("../results/copy.ts");
    return offer({
      task: copy,
      lacks: copyLacks,
      result: SNAPSHOTS_COPY,
      resultJson: (_, result) => copyJson(result),
    });
  },
  async delete_dashboard() {
    const { deleteDashboard } = await import("../tasks/delete-dashboard.ts");
    const { DASHBOARDS_DELETE, deletedJson } = await import("../results/dashboards.ts");
    return offer({
      task: deleteDashboard,
      lacks: dashboardsLack,
      result: DASHBOARDS_DELETE,
      resultJson: ({ copies }, result) => deletedJson(result, copies),
      plan: DASHBOARDS_DELETE,
      planJson: ({ dashboards, folders }) => deletedJson({ dashboards, folders, failed: [] }),
    });
  },
  async drill() {
    const { drill } = await import("../tasks/drill.ts");
    const { DRILL, DRILL_PLAN, drillJson, drillPlanJson } = await import("../results/drill.ts");
    return offer({
      task: drill,
      lacks: drillLacks,
      result: DRILL,
      resultJson: (_, result) => drillJson(result),
      plan: DRILL_PLAN,
      planJson: drillPlanJson,
    });
  },
  async export() {
    const { exportStack } = await import("../tasks/export.ts");
    const { EXPORT, EXPORT_PLAN, exportJson, exportPlanJson } = await import("../results/export.ts");
    return offer({
      task: exportStack,
      lacks: exportLacks,
      result: EXPORT,
      resultJson: (_, result) => exportJson(result),
      plan: EXPORT_PLAN,
      planJson: exportPlanJson,
    });
  },
  async inventory() {
    const { inventory } = await import("../tasks/inventory.ts");
    const { INVENTORY, inventoryJson } = await import("../results/inventory.ts");
    return offer({
      task: inventory,
      lacks: inventoryLacks,
      result: INVENTORY,
      resultJson: (_, result) => inventoryJson(result),
    });
  },
  async lifecycle() {
    const { lifecycle } = await import("../tasks/lifecycle.ts");
    const { lifecycleJson, SNAPSHOTS_LIFECYCLE } = await import("../results/lifecycle.ts");
    return offer({
      task: lifecycle,
      lacks: lacksNothing,
      result: SNAPSHOTS_LIFECYCLE,
      resultJson: (plan) => lifecycleJson(plan, true),
      plan: SNAPSHOTS_LIFECYCLE,
      planJson: (plan) => lifecycleJson(plan, false),
    });
  },
  async provision() {
    const { provision } = await import("../tasks/provision.ts");
    const { DASHBOARDS_PROVISION, provisionedJson } = await import("../results/dashboards.ts");
    const { expectedResult } = await import("../dashboards/provision.ts");
    return offer({
      task: provision,
      lacks: dashboardsLack,
      result: DASHBOARDS_PROVISION,
      resultJson: ({ source }, result) => provisionedJson(source, false, result),
      plan: DASHBOARDS_PROVISION,
      planJson: (plan) => provisionedJson(plan.source, true, expectedResult(plan)),
    });
  },
  async prune() {
    const { prune } = await import("../tasks/prune.ts");
    const { pruneJson, SNAPSHOTS_PRUNE } = await import("../results/prune.ts");
    return offer({
      task: prune,
      lacks: pruneLacks,
      result: SNAPSHOTS_PRUNE,
      resultJson: pruneJson,
      plan: SNAPSHOTS_PRUNE,
      planJson: (plan) => pruneJson(plan),
    });
  },
  async restore() {
    const { restore } = await import("../tasks/restore.ts");
    const { planJson, RESTORE, RESTORE_PLAN, restoreJson } = await import("../results/restore.ts");
    return offer({
      task: restore,
      lacks: restoreLacks,
      result: RESTORE,
      resultJson: restoreJson,
      plan: RESTORE_PLAN,
      planJson,
    });
  },
  async retention_apply() {
    const { retentionApply } = await import("../tasks/retention-apply.ts");
    const { RETENTION_APPLY, retentionApplyJson } = await import("../results/retention-apply.ts");
    return offer({
      task: retentionApply,
      lacks: retentionLacks,
      result: RETENTION_APPLY,
      resultJson: retentionApplyJson,
      plan: RETENTION_APPLY,
      planJson: (plan) => retentionApplyJson(plan),
    });
  },
  async retention_archive() {
    const { retentionArchive } = await import("../tasks/retention-archive.ts");
    const { archiveJson, RETENTION_ARCHIVE } = await import("../results/retention-archive.ts");
    return offer({
      task: retentionArchive,
      lacks: archiveLacks,
      result: RETENTION_ARCHIVE,
      resultJson: archiveJson,
      plan: RETENTION_ARCHIVE,
      planJson: (plan) => archiveJson(plan),
    });
  },
  async retention_logs() {
    const { retentionLogs } = await import("../tasks/retention-logs.ts");
    const { RETENTION_LOGS, retentionLogsJson } = await import("../results/retention-logs.ts");
    return offer({
      task: retentionLogs,
      lacks: logsLack,
      result: RETENTION_LOGS,
      resultJson: retentionLogsJson,
      plan: RETENTION_LOGS,
      planJson: (plan) => retentionLogsJson(plan),
    });
  },
  async subject_retry() {
    const { subjectRetry } = await import("../tasks/subject-retry.ts");
    const { requestsJson, SUBJECT_REQUESTS } = await import("../results/subject.ts");
    return offer({
      task: subjectRetry,
      lacks: retryLacks,
      result: SUBJECT_REQUESTS,
      resultJson: (_, result) => requestsJson(result),
      plan: SUBJECT_REQUESTS,
      planJson: ({ erasures, stuck }) =>
        requestsJson({ requests: erasures.map(({ request }) => request), stuck }),
    });
  },
  async verify() {
    const { verify } = await import("../tasks/verify.ts");
    const { VERIFY, verifyJson } = await import("../results/verify.ts");
    return offer({
      task: verify,
      lacks: verifyLacks,
      result: VERIFY,
      resultJson: (_, result) => verifyJson(result),
    });
  },
};

/** The task of this kind; `undefined`: none that is offered is called so. */
export const offeredTask = async (kind: string): Promise<OfferedTask | undefined> =>
  Object.hasOwn(OFFERED, kind) ? OFFERED[kind]?.() : undefined;
