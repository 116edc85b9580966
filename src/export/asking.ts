/** What an export asks a backend before it reads. Errors become problems in the backend's ledger. */
import type { Backend, Inventory, Limit } from "../contract/contract.ts";
import { isFault, isKind } from "../contract/errors.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { Commit } from "../snapshot/format/block.ts";
import { checkWaits } from "../snapshot/write/check-cursors.ts";
import { checkStart } from "../snapshot/write/check-step.ts";
import { type Clocked, describeSkew } from "../units/clock-skew.ts";
import { fromMs } from "../units/range.ts";
import { type Ledger, rootCursor } from "./ledger/ledger.ts";
import { reasonOf } from "./ledger/reason.ts";

/** Who to ask, and where to note problems. */
export interface Asking {
  readonly backend: Backend;
  readonly limit: ConcurrencyLimit;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/** `undefined` when it cannot be read, which does not prevent an export. */
export async function askInventory({
  backend,
  limit,
  ledger,
  signal,
}: Asking): Promise<Inventory | "unreachable" | undefined> {
  try {
    return await limit.call((inner) => backend.inventory(inner));
  } catch (error) {
    if (signal.aborted) return "unreachable";
    // If the server answers with an internal error, its data may still be readable: the export will show it.
    if (isKind(error, "temporary", "refused") && !isFault(error)) {
      ledger.problems.add({ kind: "failed", reason: reasonOf(error), range: ledger.request.range });
      return "unreachable";
    }
    ledger.problems.add({ kind: "lossy", reason: `its inventory could not be read: ${reasonOf(error)}` });
    return undefined;
  }
}

/** Without an inventory nobody knows whether all that the backend holds was asked for. */
export function tellUnlisted(why: string | undefined, { problems }: Ledger): void {
  if (why === undefined) return;
  const reason = `it could not say what it holds, so nothing proves that all of it was asked for: ${why}`;
  problems.add({ kind: "incomplete", reason });
}

/** Settling and expiry follow the server's clock, so readers of the times should know about a skew. */
export function tellClock(server: Clocked, { problems }: Ledger): void {
  const skew = describeSkew(server, fromMs(Date.now()));
  if (skew === undefined) return;
  const reason = `the server's clock is ${skew}: reading ends by the server's clock. Synchronize both clocks.`;
  problems.add({ kind: "lossy", reason });
}

/** Reports limits that silently shorten answers. */
export async function askLimits({ backend, limit, ledger, signal }: Asking): Promise<readonly Limit[]> {
  if (backend.limits === undefined) return [];
  try {
    const limits = await limit.call(async (inner) => backend.limits?.(inner) ?? []);
    for (const { clamps, setting, value, effect } of limits) {
      if (clamps)
        ledger.problems.add({
          kind: "clamped",
          reason: `${setting} = ${value}${effect ? `: ${effect}` : ""}`,
        });
    }
    return limits;
  } catch (error) {
    if (!signal.aborted)
      ledger.problems.add({ kind: "lossy", reason: `its limits could not be read: ${reasonOf(error)}` });
    return [];
  }
}

/** How the start is kept. */
interface Starting extends Asking {
  readonly commit: (commit: Commit) => Promise<unknown>;
  /** By the server's clock, ns. */
  readonly now: () => bigint;
}

/** Runs and commits the root step. @returns whether there is anything to continue with */
export async function start({ backend, limit, ledger, signal, commit, now }: Starting): Promise<boolean> {
  try {
    const checked = checkStart(await limit.call((inner) => backend.export.start(ledger.request, inner)));
    checkWaits("cursors", checked.next, now());
    const next = ledger.once.claim(checked.next);
    const root: Commit = { cursor: rootCursor(ledger.request), ...checked, next };
    await commit(root);
    ledger.begin(root);
    return true;
  } catch (error) {
    if (!signal.aborted)
      ledger.problems.add({ kind: "failed", reason: reasonOf(error), range: ledger.request.range });
    return false;
  }
}
