/** What a server holds that is past its time and may go: see `expire-servers.ts`. */
import type { Expirable, ExpireRequest } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { classOfBackend } from "../retention/classes.ts";
import { HELD, letGoBefore } from "../retention/expiry/server-due.ts";
import { type Hold, holdsOn } from "../retention/holds/hold.ts";
import { coveredRanges } from "../snapshot/catalog/coverage.ts";
import type { KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { type Range, toRfc3339 } from "../units/range.ts";
import type { Staying } from "./expirer.ts";
import { readFrom } from "./open-exports.ts";
import type { TaskContext } from "./task/task.ts";

/** Data of one backend that may go. */
export interface ExpirableNow {
  readonly open: OpenBackend;
  readonly request: ExpireRequest;
  /** What of it there is. */
  readonly found: Expirable;
}

/** By what it is judged. */
interface About {
  /** ns */
  readonly now: bigint;
  /** Verified copies of complete snapshots. */
  readonly copies: readonly KeptSnapshot[];
  readonly exports: Parameters<typeof readFrom>[0];
  readonly holds: readonly Hold[];
  readonly times: ClassTimes;
}

/** @throws PluginError */
export async function expirableNow(
  open: OpenBackend,
  { signal }: Pick<TaskContext, "signal">,
  about: About,
): Promise<{ readonly due: readonly ExpirableNow[]; readonly stays: readonly Staying[] }> {
  const { backend, name } = open;
  const inventory = await backend.inventory(signal);
  const { oldest } = inventory;
  const kept = timeOf(classOfBackend(open, inventory), about.times);
  if (oldest === undefined || oldest >= about.now - kept) return NOTHING;
  const { held, except } = heldThere(holdsOn(about.holds, { backend: name }), name);
  const covered = coveredRanges(about.copies, open);
  const reading = readFrom(about.exports, name);
  const times = { now: about.now, kept, oldest, covered, held, readFrom: reading };
  const { before, lacking } = letGoBefore(times);
  const stays = lacking === undefined ? [] : [lackingText(name, before, lacking)];
  if (before <= oldest) return { due: [], stays };
  const request: ExpireRequest = { before, ...(except.length === 0 ? {} : { except }) };
  const found = await backend.findExpired?.(request, signal);
  if (found?.impossible !== undefined)
    return { due: [], stays: [...stays, { name, reason: found.impossible, isOwed: true }] };
  const isNothing = found === undefined || Object.values(found.counts).every((count) => count === 0);
  return { due: isNothing ? [] : [{ open, request, found }], stays };
}

const NOTHING = { due: [], stays: [] };

const lackingText = (name: string, before: bigint, lacking: string): Staying => ({
  name,
  reason: `what is past its time since ${toRfc3339(before)}: ${lacking}`,
  ...(lacking === HELD ? {} : { isOwed: true as const }),
});

const ALWAYS: Range = { from: 0n, to: 1n << 62n };

/** Of which times all is held, and which selectors are. */
function heldThere(
  holds: readonly Hold[],
  name: string,
): { readonly held: readonly Range[]; readonly except: readonly string[] } {
  const selecting = holds.flatMap(({ match }) => match?.[name] ?? []);
  const whole = holds.filter(({ match }) => match?.[name] === undefined);
  return { held: whole.map(({ range }) => range ?? ALWAYS), except: selecting };
}
