import type { Trail } from "../../src/audit/format/event.ts";
import { carryOutPrune, type PrunePlaces } from "../../src/audit/retention/carry-out.ts";
import type { TrailPrunePlan } from "../../src/audit/retention/plan.ts";

/** Carries out a prune between its events, as the task of that name does. */
export const recordPrune = (trail: Trail, plan: TrailPrunePlan, places: PrunePlaces): Promise<void> =>
  trail.record(
    { operation: "audit_prune", destructive: true, details: { archive: places.archive } },
    async (did, recordEnd) => ({
      result: undefined,
      ending: await carryOutPrune(plan, places, { did, recordEnd }),
    }),
  );
