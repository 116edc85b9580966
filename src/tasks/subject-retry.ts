/** Goes on with every request of which something is owed. */
import { keptRequests } from "../retention/subjects/requests/kept.ts";
import { requestKey } from "../retention/subjects/requests/key.ts";
import type { SubjectRequest } from "../retention/subjects/requests/request.ts";
import { messageOf } from "../units/message-of.ts";
import { KEY, type PlacesGiven } from "./snapshots/places.ts";
import { erasureEnding } from "./subject-ending.ts";
import { carryOutErasure, type ErasurePlan, erasureTargets, planErasure } from "./subject-erasure.ts";
import { openedForSubjects } from "./subject-wanted.ts";
import { IDENTITY } from "./task/identity.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const params = { key: KEY, ...IDENTITY } as const;

/** What would be gone on with. */
export interface RetryPlan {
  readonly erasures: readonly { readonly request: SubjectRequest; readonly plan: ErasurePlan }[];
  /** Requests that nobody here can go on with, and why. */
  readonly stuck: readonly { readonly id: string; readonly reason: string }[];
}

/** What became of them. */
export interface Retried {
  readonly requests: readonly SubjectRequest[];
  readonly stuck: RetryPlan["stuck"];
}

export const subjectRetry = defineTask({
  kind: "subject_retry",
  about: "go on with requests for erasure of which something is still owed",
  params,
  opens: (_, config) => openedForSubjects(config),
  destructive: true,
  async plan(given, context): Promise<RetryPlan> {
    const requests = keptRequests(context.config.directory).list();
    const erasures: RetryPlan["erasures"][number][] = [];
    const stuck: RetryPlan["stuck"][number][] = [];
    for (const one of requests) {
      if ("problem" in one) stuck.push({ id: one.id, reason: one.problem });
      else if (one.closed === undefined) await planned(one, { given, context, erasures, stuck });
    }
    return { erasures, stuck };
  },
  targets: ({ erasures }) => erasures.flatMap(({ plan }) => erasureTargets(plan)),
  details: ({ erasures }) => ({ requests: erasures.map(({ request }) => request.id) }),
  async run({ erasures, stuck }, running: Running): Promise<Done<Retried>> {
    const requests: SubjectRequest[] = [];
    for (const { plan } of erasures) requests.push(await carryOutErasure(plan, running));
    const ending = erasureEnding(requests);
    return {
      result: { requests, stuck },
      ending: stuck.length === 0 ? ending : { ...ending, outcome: "partial" },
    };
  },
});

interface Planning {
  readonly given: PlacesGiven;
  readonly context: TaskContext;
  readonly erasures: RetryPlan["erasures"][number][];
  readonly stuck: RetryPlan["stuck"][number][];
}

async function planned(
  request: SubjectRequest,
  { given, context, erasures, stuck }: Planning,
): Promise<void> {
  try {
    const sealed = keptRequests(context.config.directory).sealedOf(request, requestKey(context.home));
    const plan = await planErasure(context, { ...given, subject: sealed.subject, request, sealed });
    erasures.push({ request, plan });
  } catch (error) {
    context.signal.throwIfAborted();
    stuck.push({ id: request.id, reason: messageOf(error) });
  }
}
