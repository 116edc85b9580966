/** Erases everything that belongs to one person, and keeps the request until nothing of it is owed. */
import { keptRequests } from "../retention/subjects/requests/kept.ts";
import { requestKey } from "../retention/subjects/requests/key.ts";
import type { SubjectRequest } from "../retention/subjects/requests/request.ts";
import { erasureEnding } from "./subject-ending.ts";
import {
  carryOutErasure,
  type ErasurePlan,
  erasureDetails,
  erasureTargets,
  planErasure,
} from "./subject-erasure.ts";
import { SUBJECT_PARAMS } from "./subject-param.ts";
import { openRequestOf } from "./subject-request-now.ts";
import { openedForSubjects } from "./subject-wanted.ts";
import { type Done, defineTask, type Running } from "./task/task.ts";

export const subjectErase = defineTask({
  kind: "subject_erase",
  about: "erase what belongs to one person: on servers, in snapshots and copies, in the log of runs",
  params: SUBJECT_PARAMS,
  opens: (_, config) => openedForSubjects(config),
  destructive: true,
  async plan(given, context): Promise<HomePlan> {
    const requests = keptRequests(context.config.directory);
    const open = openRequestOf(given.subject, requests, requestKey(context.home));
    return { ...(await planErasure(context, { ...given, ...open })), home: context.home };
  },
  targets: (plan: HomePlan) => erasureTargets(plan),
  details: (plan: HomePlan) => erasureDetails(plan, plan.home),
  async run(plan: HomePlan, running: Running): Promise<Done<SubjectRequest>> {
    const result = await carryOutErasure(plan, running);
    return { result, ending: erasureEnding([result]) };
  },
});

/** With where the key is that names the person. */
interface HomePlan extends ErasurePlan {
  readonly home: string;
}
