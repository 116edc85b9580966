import type { OpenStore } from "../host/open.ts";
import { PROVED, proveStore, TIDY_MS, type Unproved } from "../storage/prove.ts";
import { given } from "../units/given.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { listed } from "../units/words.ts";
import { type DoctorDiagnostic, problemOf } from "./diagnostic.ts";

/** How long a store may take for all that it is asked. */
interface StoreLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Tries every configured store with a small object of our own. */
export const examineStores = async (
  stores: readonly OpenStore[],
  { signal, timeoutMs }: StoreLimits,
): Promise<DoctorDiagnostic[]> =>
  Promise.all(
    stores.map(async ({ name, store }) => {
      try {
        const prove = (own: AbortSignal) => proveStore(store, own);
        const unproved = await withTimeLimit(prove, signal, {
          limitMs: timeoutMs,
          graceMs: 2 * TIDY_MS,
        });
        return unproved === undefined ? proved(name) : judged(name, unproved);
      } catch (error) {
        signal.throwIfAborted();
        return problemOf(name, error);
      }
    }),
  );

const proved = (subject: string): DoctorDiagnostic => ({
  subject,
  severity: "ok",
  message: `can keep snapshots: tried to ${listed(PROVED.map(asVerb))}`,
});

const asVerb = (what: (typeof PROVED)[number]): string =>
  what === "only if absent" ? "write only what is absent" : what;

/** Nobody may be meant to delete there: only pruning needs it. */
function judged(subject: string, { what, error, left }: Unproved): DoctorDiagnostic {
  const { message, hint } = problemOf(subject, error);
  const stays = left.length === 0 ? "" : `; ${listed(left)} could not be removed`;
  return {
    subject,
    severity: what === "delete" ? "warning" : "problem",
    message: `cannot ${asVerb(what)}: ${message}${stays}`,
    ...given({ hint }),
  };
}
