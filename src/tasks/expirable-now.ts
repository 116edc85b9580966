/** What a server holds that is past its time and may go: see `expire-servers.ts`. */
import type { Expirable, ExpireRequest } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { classOfBackend } from "../retention/classes.ts";
import { HELD, letGoBefore } from "../retention/expiry/server-due.ts";
import { type Hold, holdsOn } from "../retention/holds/hold.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { coveredRanges } from "../snapshot/catalog/coverage.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { given } from "../units/given.ts";
import { type Range, toRfc3339 } from "../units/range.ts";
import type { Staying } from "./expirer.ts";
import type { HeldElsewhere } from "./keep-local.ts";
import { readFrom } from "./open-exports.ts";
import { provedRanges } from "./proved-copies.ts";
import type { TaskContext } from "./task/task.ts";

/** Data of one backend that may go. */
export interface ExpirableNow {
  readonly open: OpenBackend;
  readonly request: ExpireRequest;
  /** What of it there is. */
  readonly found: Expirable;
  /** What of the backend is held, and up to which time that was looked for. */
  readonly held: HeldThere;
  readonly end: bigint;
}

/** By what it is judged. */
interface About {
  /** ns */
  readonly now: bigint;
  /** Verified copies. */
  readonly copies: HeldElsewhere;
  readonly exports: Parameters<typeof readFrom>[0];
  readonly holds: readonly Hold[];
  readonly times: ClassTimes;
}

interface Judged {
  readonly due: readonly ExpirableNow[];
  readonly stays: readonly Staying[];
}

/** @throws PluginError; Error when the server cannot count what copies hold */
export async function expirableNow(
  open: OpenBackend,
  { signal }: Pick<TaskContext, "signal">,
  about: About,
): Promise<Judged> {
  const { backend, name } = open;
  const inventory = await backend.inventory(signal);
  const { oldest } = inventory;
  const kept = timeOf(classOfBackend(open, inventory), about.times);
  const end = about.now - kept;
  if (oldest === undefined || oldest >= end) return NOTHING;
  const there = heldThere(about.holds, name, end);
  const { snapshots } = about.copies;
  const covered =
    kept === 0n ? [] : await provedRanges(open, snapshots, { from: oldest, to: end }, { signal });
  const { held } = there;
  const times = { now: about.now, kept, oldest, covered, held, readFrom: readFrom(about.exports, name) };
  const { before, lacking } = letGoBefore(times);
  const stays = lacking === undefined ? [] : [lackingText(name, before, lacking)];
  if (before <= oldest) return { due: [], stays };
  const except = there.except.length === 0 ? {} : { except: there.except };
  const found = await backend.findExpired?.({ before, ...except }, signal);
  if (found?.impossible !== undefined)
    return { due: [], stays: [...stays, { name, reason: found.impossible, isOwed: true }] };
  if (found === undefined || Object.values(found.counts).every((count) => count === 0))
    return { due: [], stays };
  const saved = kept === 0n ? {} : savedBefore(open, before, found, about.copies);
  return { due: [{ open, request: { before, ...except, ...saved }, found, held: there, end }], stays };
}

/** Where the newest of it is: that all of it is saved, the counts of its server have proved. */
function savedBefore(
  open: OpenBackend,
  before: bigint,
  { counts }: Expirable,
  { snapshots, heldIn }: HeldElsewhere,
): Pick<ExpireRequest, "saved"> {
  const last = snapshots.findLast((one) =>
    coveredRanges([one], open).some(({ from, to }) => from < before && before <= to),
  );
  if (last === undefined) return {};
  const { sha256 } = last.manifest;
  const place = heldIn.get(sha256)?.[0]?.place;
  return { saved: { counts, snapshot: { name: nameOf(last), sha256, ...given({ place }) } } };
}

const NOTHING: Judged = { due: [], stays: [] };

const lackingText = (name: string, before: bigint, lacking: string): Staying => ({
  name,
  reason: `what is past its time since ${toRfc3339(before)}: ${lacking}`,
  ...(lacking === HELD ? {} : { isOwed: true as const }),
});

const ALWAYS: Range = { from: 0n, to: 1n << 62n };

/** What of a backend is held. */
interface HeldThere {
  /** Of which times all of it. */
  readonly held: readonly Range[];
  /** Selectors of what is held of it besides, whatever its time. */
  readonly except: readonly string[];
}

/** Which part of a backend holds are about, as far as it is older than a time. @param end ns */
export function heldThere(all: readonly Hold[], backend: string, end: bigint): HeldThere {
  const holds = holdsOn(all, { backend, range: { from: 0n, to: end } });
  const whole = holds.filter(({ match }) => match?.[backend] === undefined);
  return {
    held: whole.map(({ range }) => range ?? ALWAYS),
    except: holds.flatMap(({ match }) => match?.[backend] ?? []),
  };
}
