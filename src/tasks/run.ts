/** Plan, show, agree, carry out that very plan: the same for every task. */
import type { Trail } from "../audit/format/event.ts";
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
    carryOut: (ask = declined) => carryOut(task, plan, { ...setting, ask }),
    async decline({ outcome, details = {} }) {
      await using trail = setting.openTrail();
      await trail.append({ operation: task.kind, outcome, details });
    },
  };
}

/** What a task is given, but for what comes from its record. */
type Given<Question> = Setting & Pick<Running<Question>, "ask">;

/** Between two events of the trail, unless it only looks. @param trail its whole's, of a part */
export async function carryOut<P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  plan: Plan,
  given: Given<Question>,
  trail?: Trail,
): Promise<Result> {
  if (task.recorded === false) {
    const done = await task.run(plan, { ...given, did: () => undefined, part: partOf(given) });
    return done.result;
  }
  if (trail !== undefined) return recorded(task, plan, given, trail);
  await using own = given.openTrail();
  return await recorded(task, plan, given, own);
}

function recorded<P extends Params, Plan, Result, Question>(
  task: Task<P, Plan, Result, Question>,
  plan: Plan,
  given: Given<Question>,
  trail: Trail,
): Promise<Result> {
  const operation = {
    operation: task.kind,
    destructive: task.destructive,
    details: task.details?.(plan) ?? {},
    dataAffected: task.targets(plan).map(({ name }) => name),
    signal: given.signal,
  };
  return trail.record(operation, (did) => task.run(plan, { ...given, did, part: partOf(given, trail) }));
}

/** What a part would ask was not agreed to with the whole. */
const partOf =
  (given: Setting, trail?: Trail): Running["part"] =>
  (task, plan) =>
    carryOut(task, plan, { ...given, ask: declined }, trail);

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
