/** Plan, show, agree, carry out that very plan: the same for every task. */
import { canonicalJson } from "../units/canonical-json.ts";
import type { Params, ParamValues } from "./param.ts";
import type { Setting, Target, Task } from "./task.ts";

/** A plan that can be shown, agreed to, and carried out as it is. */
export interface Planned<Plan, Result> {
  readonly plan: Plan;
  readonly targets: readonly Target[];
  /** SHA-256 over the kind, the parameters and the targets: what an agreement is given to. */
  readonly sha256: string;
  /**
   * Does it, between two events of the trail.
   * @throws TrailError when it is destructive and cannot be recorded; nothing was done then
   */
  carryOut(): Promise<Result>;
}

/** Looks, and writes nothing. @throws UsageError or RefusedError when there is no such plan */
export async function planTask<P extends Params, Plan, Result>(
  task: Task<P, Plan, Result>,
  params: ParamValues<P>,
  setting: Setting,
): Promise<Planned<Plan, Result>> {
  const plan = await task.plan(params, setting);
  const targets = task.targets(plan);
  const operation = {
    operation: task.kind,
    destructive: task.destructive,
    details: task.details?.(plan) ?? {},
    dataAffected: targets.map(({ name }) => name),
    signal: setting.signal,
  };
  return {
    plan,
    targets,
    sha256: agreementHash(task.kind, params, targets),
    async carryOut() {
      await using trail = setting.openTrail();
      return await trail.record(operation, (did) => task.run(plan, { ...setting, trail, did }));
    },
  };
}

function agreementHash(kind: string, params: object, targets: readonly Target[]): string {
  const given = JSON.parse(
    JSON.stringify(params, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
  );
  const agreed = { kind, params: given, targets: targets.map((target) => ({ ...target })) };
  return new Bun.CryptoHasher("sha256").update(canonicalJson(agreed)).digest("hex");
}
