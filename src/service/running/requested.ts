/** What is to be run, checked, and as its process is told it. */
import { hostname } from "node:os";
import type { Actor } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { RefusedError, UsageError } from "../../tasks/task/errors.ts";
import { readParams, shownParams } from "../../tasks/task/read-params.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { given } from "../../units/given.ts";
import { OFFERED, offeredTask } from "../offered.ts";
import { requireMayRun } from "../permissions.ts";
import type { TaskOrder } from "./protocol.ts";
import type { RunBrief } from "./run.ts";

/** What is to be run. */
export interface RunRequest {
  readonly kind: string;
  /** JSON: members named as the task's parameters. */
  readonly params?: unknown;
  readonly actor: Actor;
  readonly schedule?: string;
  /** The interrupted run that this one finishes. */
  readonly continues?: string;
  /** The plan is shown first, whatever the task is. */
  readonly plans?: boolean;
}

/** A run that may begin. */
interface Requested {
  readonly run: RunBrief;
  readonly order: TaskOrder;
  /** Somebody has to agree to its plan. */
  readonly asks: boolean;
  /** Its plan was agreed to with the configuration that it stands in. */
  readonly agrees: boolean;
  /** Only one of its kind may run at a time. */
  readonly writes: boolean;
}

/**
 * Nothing is done by a schedule that stands in the configuration no longer, or says something else there.
 * @param isRest it finishes what was interrupted, with parameters of its own @throws RefusedError
 */
function requireStands(
  { schedules, audit }: Config,
  { name, task, params }: { readonly name: string; readonly task: string; readonly params: unknown },
  isRest: boolean,
): void {
  if (audit.cleanup && task === "audit_prune" && name === CLEANUP) return;
  const found = schedules.find((one) => one.name === name);
  const says = (one: unknown): string => canonicalJson(JSON.parse(JSON.stringify(one ?? {})));
  if (found?.task === task && (isRest || says(found.params) === says(params))) return;
  const what =
    found === undefined
      ? "stands in the configuration no longer"
      : "says something else in the configuration now";
  throw new RefusedError(
    `the schedule ${name} ${what}`,
    "start the service again, so that it reads the configuration anew",
  );
}

/** What the runs that `audit.cleanup` wants are called, in the place of a schedule. */
export const CLEANUP = "audit-cleanup";

/** @throws UsageError for a task or parameters that are not offered; RefusedError for what the configuration does not want; ConfigError */
export async function readRunRequest(
  { kind, params = {}, actor, schedule, continues, plans = false }: RunRequest,
  caller: Caller,
  patienceMs: number,
): Promise<Requested> {
  const offered = await offeredTask(kind);
  if (offered === undefined)
    throw new UsageError(
      `no task ${JSON.stringify(kind)} is offered`,
      `there are ${Object.keys(OFFERED).join(", ")}`,
    );
  const { task } = offered;
  // The configuration may have changed since the service started; the task's process reads it anew, too.
  const config = await loadConfig(caller);
  readParams(task, params, config);
  requireMayRun(config, task, actor.via === "schedule" ? { via: "schedule" } : { via: "api", role: "admin" });
  if (schedule !== undefined)
    requireStands(config, { name: schedule, task: kind, params }, continues !== undefined);
  const now = Date.now();
  const id = Bun.randomUUIDv7("hex", now);
  // No request has asked for a schedule's run: its own id tells its events from those of another run of that kind.
  const who = { ...actor, request: actor.request ?? id };
  const shown = { kind, actor: who, params: shownParams(task, params), ...given({ schedule, continues }) };
  const at = { id, host: hostname(), createdAt: now, heartbeatAt: now };
  const { directory, configFile, overrides = {} } = caller;
  const project = { directory, overrides, ...given({ configFile }) };
  const agrees = actor.via === "schedule";
  return {
    run: { ...at, ...shown, state: "queued" },
    order: { kind, params, actor: who, project, plans, patienceMs },
    asks: !agrees && (task.destructive || plans),
    agrees,
    writes: task.recorded !== false,
  };
}
