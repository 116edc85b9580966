/** Which kinds of tasks may be run by whom: what the configuration's `permissions` say, and what holds where they say nothing. */
import { closest } from "../config/closest.ts";
import type { Config } from "../config/config.ts";
import type { ConfigProblem } from "../config/errors.ts";
import { type ConfigRequest, loadConfig } from "../config/load.ts";
import { RefusedError } from "../tasks/task/errors.ts";
import type { Task } from "../tasks/task/task.ts";
import { OFFERED } from "./offered.ts";

/** Who wants to run a task: somebody over the API, or a schedule. */
export type Starter =
  | { readonly via: "api"; readonly role: "viewer" | "admin" | "ingest" | "nobody" }
  | { readonly via: "schedule" };

/** Every kind that deletes and overwrites nothing. */
const HARMLESS = "*";

/** What holds where the configuration says nothing: what deletes by a policy is for schedules, which stand in it themselves. */
const USUAL = {
  api: [HARMLESS],
  schedules: [HARMLESS, "prune", "audit_prune", "retention_apply", "retention_logs", "subject_retry"],
} as const;

/** Whether this kind of task may be run by them. */
export function mayRun(
  { permissions }: Pick<Config, "permissions">,
  { kind, destructive }: Pick<Task, "kind" | "destructive">,
  starter: Starter,
): boolean {
  const isNamed = (kinds: readonly string[]): boolean =>
    kinds.includes(kind) || (!destructive && kinds.includes(HARMLESS));
  if (starter.via === "schedule") return isNamed(permissions.schedules ?? USUAL.schedules);
  if (!isNamed(permissions.api ?? USUAL.api)) return false;
  if (starter.role === "admin")
    return permissions.admin === undefined || permissions.admin === null || isNamed(permissions.admin);
  return starter.role === "viewer" && isNamed(permissions.viewer ?? []);
}

/** @throws RefusedError when they may not */
export function requireMayRun(
  config: Pick<Config, "permissions">,
  task: Pick<Task, "kind" | "destructive">,
  starter: Starter,
): void {
  if (mayRun(config, task, starter)) return;
  const who = starter.via === "schedule" ? "a schedule" : `the role ${starter.role}`;
  throw new RefusedError(
    `${who} may not run ${task.kind}`,
    "`permissions` in the configuration say which kinds of tasks may be run by whom",
  );
}

/** The same, also by the configuration as it stands now. @throws RefusedError; ConfigError when it no longer loads */
export async function requireStillMayRun(
  { config, caller }: { readonly config: Config; readonly caller: ConfigRequest },
  task: Pick<Task, "kind" | "destructive">,
  starter: Starter,
): Promise<void> {
  requireMayRun(config, task, starter);
  requireMayRun(await loadConfig(caller), task, starter);
}

/** The kinds that the permissions name and that there are not. */
export function unknownKinds({ permissions, where }: Config): ConfigProblem[] {
  const kinds = Object.keys(OFFERED);
  return (["api", "schedules", "admin", "viewer"] as const).flatMap((key) =>
    (permissions[key] ?? [])
      .filter((kind) => kind !== HARMLESS && !kinds.includes(kind))
      .map((kind) => {
        const meant = closest(kind, kinds);
        return {
          where: where?.(["permissions", key]) ?? "",
          key: `permissions.${key}`,
          what: `there is no kind of task called ${JSON.stringify(kind)} that a service runs`,
          hint: meant === undefined ? `there are ${kinds.join(", ")}` : `did you mean ${meant}?`,
        };
      }),
  );
}
