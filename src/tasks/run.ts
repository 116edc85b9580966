/** Plan, show, agree, carry out that very plan: the same for every task. */
import { canonicalJson } from "../units/canonical-json.ts";
import { RefusedError } from "./errors.ts";
import type { Params, ParamValues } from "./param.ts";
import type { Answer, Running, Setting, Target, Task } from "./task.ts";

/** A plan that can be shown, agreed to, and carried out as it is. */
export interface Planned<Plan, Result, Question = never> {
  readonly plan: Plan;
  readonly targets: readonly Target[];
  /** SHA-256 over the kind, the parameters and the targets: what an agreement is given to. */
  readonly sha256: string;
  /**
   * Does it, between two events of the trail.
   * @param ask answers what the work asks on its way; without it the answer is no
   * @throws TrailError when it is destructive and cannot be recorded; nothing was done then
   */
  carryOut(ask?: Running<Question>["ask"]): Promise<Result>;
  /** The trail is told that it was not agreed to. @throws TrailError */
  decline(answer: Exclude<Answer, { agrees: true }>): Promise<void>;
}

/** Looks, and writes nothing. @throws UsageError or RefusedError when there is no such plan; a refusal may be recorded */
export async function planTask<P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  params: ParamValues<P>,
  setting: Setting,
): Promise<Planned<Plan, Result, Question>> {
  const plan = await recordingRefusal(task.kind, setting, () => task.plan(params, setting));
  const targets = task.targets(plan);
  return {
    plan,
    targets,
    sha256: agreementHash(task.kind, params, targets),
    async carryOut(ask = declined) {
      await using trail = setting.openTrail();
      return await carryOut(task, plan, { ...setting, trail, ask });
    },
    async decline({ outcome, details = {} }) {
      await using trail = setting.openTrail();
      await trail.append({ operation: task.kind, outcome, details });
    },
  };
}

/**
 * Carries out a task as a part of another one, which was agreed to with it: it has its own two events in the same trail.
 * @throws TrailError when it is destructive and cannot be recorded; nothing was done then
 */
export function carryOut<P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  plan: Plan,
  running: Omit<Running<Question>, "did">,
): Promise<Result> {
  const operation = {
    operation: task.kind,
    destructive: task.destructive,
    details: task.details?.(plan) ?? {},
    dataAffected: task.targets(plan).map(({ name }) => name),
    signal: running.signal,
  };
  return running.trail.record(operation, (did) => task.run(plan, { ...running, did }));
}

const declined = async (): Promise<Answer> => ({ agrees: false, outcome: "refused" });

async function recordingRefusal<Plan>(
  operation: string,
  { openTrail }: Setting,
  look: () => Promise<Plan>,
): Promise<Plan> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RefusedError && error.recorded !== undefined) {
      await using trail = openTrail();
      await trail.append({ operation, outcome: "refused", details: error.recorded });
    }
    throw error;
  }
}

function agreementHash(kind: string, params: object, targets: readonly Target[]): string {
  const given = JSON.parse(
    JSON.stringify(params, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
  );
  const agreed = { kind, params: given, targets: targets.map((target) => ({ ...target })) };
  return new Bun.CryptoHasher("sha256").update(canonicalJson(agreed)).digest("hex");
}
