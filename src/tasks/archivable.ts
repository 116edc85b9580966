/** What of a backend is old enough to be archived, and what stands against it. */
import type { Archiving } from "../config/archive.ts";
import type { Counts } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { readHolds } from "../retention/holds/file.ts";
import { holdsOn } from "../retention/holds/hold.ts";
import { keptAt } from "../snapshot/catalog/kept.ts";
import { localStorage } from "../storage/local.ts";
import { SKEW_MAX_MS } from "../units/clock-skew.ts";
import { formatDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { DAY_MS, fromMs, type Range, toRfc3339 } from "../units/range.ts";
import { type Archived, archivedOf, type Begun } from "./archived.ts";
import type { Staying } from "./expirer.ts";
import { heldByText } from "./held-by.ts";
import type { TaskContext } from "./task/task.ts";

/** Old data of one backend. */
export interface Archivable extends Archiving {
  readonly backend: string;
  readonly open: OpenBackend;
  /** Data from this time on, ns. */
  readonly from: bigint;
  /** Up to this one. */
  readonly before: bigint;
  /** How much of it there is, where the backend can tell. */
  readonly counts: Counts;
  /** What an interrupted run has saved of it. */
  readonly begun?: Begun;
}

/** Either there is some, or a reason why it stays, or nothing is so old. */
export type Looked = { readonly item: Archivable } | { readonly stays: Staying } | "nothing";

/** What is asked. */
interface Asked {
  readonly open: OpenBackend;
  readonly archiving: Archiving;
  /** ns */
  readonly now: bigint;
}

type Context = Pick<TaskContext, "signal" | "config">;

const DAY_NS = fromMs(DAY_MS);

/** @throws PluginError; HoldError */
export async function archivable(asked: Asked, context: Context): Promise<Looked> {
  const { open, archiving, now } = asked;
  const { name, backend } = open;
  const { until, begun } = await standing(asked, context);
  // A whole day, so that what was agreed to does not change with every second.
  const before = begun?.before ?? ((now - archiving.after) / DAY_NS) * DAY_NS;
  const inventory = await backend.inventory(context.signal);
  const from =
    begun?.from ?? (archiving.afterwards === "keep" ? (until ?? inventory.oldest) : inventory.oldest);
  const { newest } = inventory;
  if (newest !== undefined && newest > now + fromMs(SKEW_MAX_MS))
    return staying(name, { reason: LATER(newest, now), isOwed: true });
  if (from === undefined || from >= before) return "nothing";
  const item = { ...archiving, backend: name, open, from, before, ...given({ begun }) };
  if (archiving.afterwards === "keep")
    return {
      item: {
        ...item,
        counts: (await backend.count?.({ range: { from, to: before } }, context.signal)) ?? {},
      },
    };
  const rest = newest !== undefined && newest < before ? EVERYTHING(archiving) : undefined;
  if (rest !== undefined) return staying(name, { reason: rest, isOwed: true });
  return toLetGo(item, context);
}

const LATER = (newest: bigint, now: bigint): string =>
  `its newest data is of ${toRfc3339(newest)}, and this machine's clock says ${toRfc3339(now)}: nothing goes by a clock that is wrong`;

const EVERYTHING = ({ after }: Archiving): string =>
  `all of it is older than ${formatDuration(after)}: nothing would be left, so nothing is removed; \`then: keep\` archives it all the same`;

const staying = (name: string, stays: Omit<Staying, "name">): Looked => ({ stays: { name, ...stays } });

/** What an interrupted run has saved is only of use as long as it is there. */
async function standing({ open, archiving }: Asked, { config }: Context): Promise<Archived> {
  const { until, begun } = archivedOf(config, open.name, archiving.to);
  if (begun === undefined) return given({ until });
  const kept = await keptAt(localStorage(begun.path)).catch(() => undefined);
  return given({ until, begun: kept?.manifest.sha256 === begun.sha256 ? begun : undefined });
}

async function toLetGo(item: Omit<Archivable, "counts">, { config, signal }: Context): Promise<Looked> {
  const { backend: name, open, from, before } = item;
  const held = holdOn(config, name, { from, to: before });
  if (held !== undefined) return staying(name, { reason: held });
  const found = await open.backend.findExpired?.({ before, moves: true }, signal);
  if (found === undefined || found.impossible !== undefined) {
    const why = found?.impossible ?? "it cannot let go of old data";
    return staying(name, { reason: `${why} \`then: keep\` archives it, and leaves it here.`, isOwed: true });
  }
  const isNothing = item.begun === undefined && Object.values(found.counts).every((count) => count === 0);
  return isNothing ? "nothing" : { item: { ...item, counts: found.counts } };
}

/** Why nothing of that time is removed: it is held. @throws HoldError */
export function holdOn(config: TaskContext["config"], backend: string, range: Range): string | undefined {
  const names = holdsOn(readHolds(config), { backend, range }).map((hold) => hold.name);
  return names.length === 0 ? undefined : heldByText(names);
}
