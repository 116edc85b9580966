/** The dashboards that are part of this program. */
import type { DashboardStore } from "../contract/contract.ts";
import auditActivity from "./builtin/audit-activity.json";
import backups from "./builtin/backups.json";
import projectTasks from "./builtin/project-tasks.json";
import stackHealth from "./builtin/stack-health.json";
import type { DashboardSource } from "./source.ts";

const FOLDER = "contextcore";

const FILES: Readonly<Record<string, unknown>> = {
  "stack-health.json": stackHealth,
  "project-tasks.json": projectTasks,
  "audit-activity.json": auditActivity,
  "backups.json": backups,
};

/** The stack's health, the project's tasks, the audit activity and the backups, in a folder of their own. */
export const builtinSource = async (store: Pick<DashboardStore, "parse">): Promise<DashboardSource> => ({
  folders: [
    {
      path: FOLDER,
      parent: "",
      title: "contextcore",
      uid: "contextcore",
      description: "Provisioned by contextcore; changes are overwritten the next time it provisions",
    },
  ],
  dashboards: await Promise.all(
    Object.entries(FILES).map(async ([file, content]) => ({
      file: `${FOLDER}/${file}`,
      folder: FOLDER,
      draft: await store.parse(JSON.stringify(content)),
    })),
  ),
});
