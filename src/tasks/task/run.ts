/** Plan, show, agree, carry out that same plan: identical for every task. */
import type { Trail } from "../../audit/format/event.ts";
import { canonicalJson } from "../../units/canonical-json.ts";
import { RefusedError } from "./errors.ts";
import { type Param, type Params, type ParamValues, valuesOf } from "./param.ts";
import type { Answer, Done, Refusal, Running, Target, Task, TaskContext } from "./task.ts";

/** A plan that can be shown, agreed to and carried out unchanged. Disposing of it releases what it holds open. */
interface Planned<Plan, Result, Question = never, News = never> extends AsyncDisposable {
  readonly plan: Plan;
  readonly targets: readonly Target[];
  /** SHA-256 of the kind, the parameters and the targets: an agreement applies to this hash. */
  readonly sha256: string;
  /**
   * Carries out the plan, between two events in the trail.
   * @param face answers questions during the work, and hears its news; without it every answer is no
   * @throws TrailError when a destructive plan cannot be recorded; nothing was done then
   */
  carryOut(face?: Partial<Face<Question, News>>): Promise<Done<Result>>;
  /** Records in the trail that the plan was declined. @throws TrailError */
  decline(answer: Refusal): Promise<void>;
}

/** Who is asked during the work, and told. */
type Face<Question, News> = Pick<Running<Question, News>, "ask" | "tell">;

/** Makes a plan and writes nothing. @throws UsageError or RefusedError when there is no such plan; a refusal may be recorded */
export async function planTask<P extends Params, Plan, Result, Question, News>(
  task: Task<P, Plan, Result, Question, News>,
  params: ParamValues<P>,
  context: TaskContext,
): Promise<Planned<Plan, Result, Question, News>> {
  const plan = await recordingRefusal(task.kind, context, () => task.plan(params, context));
  const targets = task.targets(plan);
  return {
    plan,
    targets,
    sha256: agreementHash(task, params, targets),
    carryOut: (face) => done(task, plan, { ...context, ...UNATTENDED, ...face }),
    decline: (answer) => recordRefusal(task.kind, answer, context),
    [Symbol.asyncDispose]: () => letGo(plan),
  };
}

async function letGo(plan: unknown): Promise<void> {
  if (holdsSomething(plan)) await plan[Symbol.asyncDispose]();
}

const holdsSomething = (plan: unknown): plan is AsyncDisposable =>
  typeof plan === "object" && plan !== null && Symbol.asyncDispose in plan;

/** Records that a task was declined before it had a plan; of a plan that is only shown, nothing. @throws TrailError */
export async function recordRefusal(
  operation: string,
  { outcome, details = {} }: Refusal,
  { openTrail, isDry }: TaskContext,
): Promise<void> {
  if (isDry === true) return;
  await using trail = openTrail();
  await trail.append({ operation, outcome, details });
}

/** Runs work that may be refused, and records a refusal once if the trail should keep it. @throws what the work throws */
export async function recordingRefusal<Result>(
  operation: string,
  context: TaskContext,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedError && error.recorded !== undefined) {
      await recordRefusal(operation, { agrees: false, outcome: "refused", details: error.recorded }, context);
    }
    throw error;
  }
}

/** What a task is given, without the parts that come from its record. */
type Given<Question, News> = TaskContext & Face<Question, News>;

/** Runs between two events in the trail, unless the task only reads. @param trail for a part: the trail of the whole */
async function done<P extends Params, Plan, Result, Question, News>(
  task: Task<P, Plan, Result, Question, News>,
  plan: Plan,
  given: Given<Question, News>,
  trail?: Trail,
): Promise<Done<Result>> {
  if (task.recorded === false) {
    const unrecorded = { did: () => undefined, recordEnd: async () => undefined };
    return task.run(plan, { ...given, ...unrecorded, part: partOf(given), planned: plannedOf(given) });
  }
  if (trail !== undefined) return recorded(task, plan, given, trail);
  await using own = given.openTrail();
  return await recorded(task, plan, given, own);
}

function recorded<P extends Params, Plan, Result, Question, News>(
  task: Task<P, Plan, Result, Question, News>,
  plan: Plan,
  given: Given<Question, News>,
  trail: Trail,
): Promise<Done<Result>> {
  const operation = {
    operation: task.kind,
    destructive: task.destructive,
    isBrief: task.recorded === "end",
    details: task.details?.(plan) ?? {},
    dataAffected: task.targets(plan).map(({ name }) => name),
    signal: given.signal,
  };
  return trail.record(operation, async (did, recordEnd, event) => {
    const parts = { part: partOf(given, trail), planned: plannedOf(given, trail) };
    const result = await task.run(plan, { ...given, did, recordEnd, event, ...parts });
    return { result, ending: result.ending };
  });
}

/** A part may not ask: its questions were not part of the agreement. @param trail that of the whole */
const partOf =
  (context: TaskContext, trail?: Trail): Running["part"] =>
  async (task, given) => {
    const values = valuesOf(task.params, given);
    const plan = await recordingRefusal(task.kind, context, () => task.plan(values, context));
    try {
      return (await done(task, plan, { ...context, ...UNATTENDED }, trail)).result;
    } finally {
      await letGo(plan);
    }
  };

/** Whoever made the plan lets go of it. @param trail that of the whole */
const plannedOf =
  (context: TaskContext, trail?: Trail): Running["planned"] =>
  (task, plan) =>
    done(task, plan, { ...context, ...UNATTENDED }, trail);

/** Nobody is asked, and nobody listens. */
const UNATTENDED: Face<unknown, unknown> = {
  ask: async (): Promise<Answer> => ({ agrees: false, outcome: "refused" }),
  tell: () => undefined,
};

function agreementHash(
  { kind, params: declared }: Pick<Task, "kind" | "params">,
  params: object,
  targets: readonly Target[],
): string {
  const open = Object.entries(params).filter(([name]) => isOpen(declared[name]));
  const given = JSON.parse(
    JSON.stringify(Object.fromEntries(open), (_, value) => (typeof value === "bigint" ? `${value}` : value)),
  );
  const agreed = { kind, params: given, targets: targets.map((target) => ({ ...target })) };
  return new Bun.CryptoHasher("sha256").update(canonicalJson(agreed)).digest("hex");
}

/** A secret is never included, not even as a hash. Anything that is not a task parameter, such as `--yes`, is not agreed to. */
const isOpen = (param: Param | undefined): boolean =>
  param !== undefined && (param.type === "flag" || param.secret !== true);
