/** Moves old data into a place: saved, copied, proved there, and only then let go of here. */
import type { Config } from "../config/config.ts";
import type { Counts, ExpireAnswer } from "../contract/contract.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { countsText } from "../units/unit-text.ts";
import { type Archivable, archivable, holdOn, type Looked } from "./archivable.ts";
import { type CopyReading, countsSaved, linesIn, type ProvedArchive, proved } from "./archive-proof.ts";
import { noteArchived } from "./archived.ts";
import type { Staying } from "./expirer.ts";
import { backendTarget } from "./inventory.ts";
import { asListed } from "./list-snapshots.ts";
import { owedReason } from "./owed.ts";
import { refuseWrongClock } from "./retention-clock.ts";
import { KEY } from "./snapshots/places.ts";
import { UsageError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const params = {
  plugin: {
    type: "value",
    hint: "NAME",
    complete: "backends",
    about: "only this backend of `archive` in the configuration",
  },
  key: KEY,
  ...IDENTITY,
} as const;

/** What would be archived. */
export interface ArchivePlan {
  readonly items: readonly Archivable[];
  /** What is old enough and stays, or could not be looked at. Its name is that of the backend. */
  readonly stays: readonly Staying[];
  readonly reading: CopyReading;
}

/** What was archived of one backend, and what became of it here. */
export interface ArchivedData {
  readonly backend: string;
  readonly snapshot: { readonly name: string; readonly path: string; readonly sha256: string };
  readonly counts: Counts;
  /** Absent: it stays here, as it was to, or as `stays` of the result says. */
  readonly letGo?: ExpireAnswer;
}

/** What became of all of it. */
export interface ArchiveResult {
  readonly archived: readonly ArchivedData[];
  readonly stays: readonly Staying[];
}

export const retentionArchive = defineTask({
  kind: "retention_archive",
  about: "move old data into a place: saved, copied, proved there, and only then let go of here",
  params,
  opens({ plugin }, { archive }) {
    const only = archivedNames(plugin, archive);
    return only.length === 0 ? { asksNothing: true } : { only, stores: true };
  },
  destructive: true,
  async plan({ plugin, ...given }, context): Promise<ArchivePlan> {
    const { config, trailFile } = context;
    const now = fromMs(Date.now());
    refuseWrongClock(now, trailFile, (await readKept(config.backups, asListed)).snapshots);
    const looked: Looked[] = [];
    for (const name of archivedNames(plugin, config.archive)) looked.push(await lookAt(name, now, context));
    return {
      items: looked.flatMap((one) => (one !== "nothing" && "item" in one ? [one.item] : [])),
      stays: looked.flatMap((one) => (one !== "nothing" && "stays" in one ? [one.stays] : [])),
      reading: given,
    };
  },
  targets: ({ items }) =>
    items.map(({ backend, open, from, before, counts, to }) => {
      const target = backendTarget(backend, open);
      const what = `${toRfc3339(from)} ${toRfc3339(before)} ${countsText(counts)} ${to}`;
      return { ...target, identity: `${target.identity} ${what}` };
    }),
  details: ({ items }) => ({
    archive: items.map(({ backend, from, before, to, afterwards, counts }) => ({
      ...{ backend, place: to, from: toRfc3339(from), before: toRfc3339(before), afterwards },
      ...(Object.keys(counts).length > 0 && { counts: { ...counts } }),
    })),
  }),
  async run({ items, stays, reading }, running): Promise<Done<ArchiveResult>> {
    const archived: ArchivedData[] = [];
    const left: Staying[] = [...stays];
    for (const item of items) {
      running.signal.throwIfAborted();
      const one = await archivedNow(item, reading, running).catch((error) => failed(item, error, running));
      if ("snapshot" in one) archived.push(one);
      left.push(...stayingOf(item, one));
      running.did({ archived: archived.map(recorded) });
    }
    return doneWith({ archived, stays: left });
  },
});

/** @throws UsageError */
function archivedNames(asked: string | undefined, archive: Config["archive"]): string[] {
  const names = Object.keys(archive);
  if (names.length === 0 && asked !== undefined)
    throw new UsageError(`${asked} is not to be archived`, "`archive` in the configuration names nothing");
  if (asked === undefined) return names;
  if (names.includes(asked)) return [asked];
  throw new UsageError(`${asked} is not to be archived`, `there is ${names.join(", ")}`);
}

/** What keeps one backend from being looked at does not keep the others. */
async function lookAt(name: string, now: bigint, context: TaskContext): Promise<Looked> {
  const archiving = context.config.archive[name];
  const open = context.backends.find((one) => one.name === name);
  const failure = context.failures.find((one) => one.name === name);
  if (archiving === undefined || open === undefined)
    return {
      stays: { name, reason: failure === undefined ? UNKNOWN : owedReason(failure.error), isOwed: true },
    };
  try {
    return await archivable({ open, archiving, now }, context);
  } catch (error) {
    context.signal.throwIfAborted();
    return { stays: { name, reason: owedReason(error), isOwed: true } };
  }
}

const UNKNOWN = "there is no such backend: it is disabled, or has another name";

async function archivedNow(
  item: Archivable,
  reading: CopyReading,
  running: Running,
): Promise<ArchivedData | Staying> {
  const { backend, to, before } = item;
  const proof = await proved(item, reading, running);
  const { name, path, sha256 } = proof;
  const result = { backend, snapshot: { name, path, sha256 }, counts: await countsSaved(proof, backend) };
  if (item.afterwards === "keep") {
    noteArchived(running.config, backend, { place: to, until: before });
    return result;
  }
  const letGo = await letGoOf(item, { ...proof, counts: result.counts }, running);
  return { ...result, ...given({ letGo }) };
}

/** @returns `undefined` when it is held since @throws PluginError; SnapshotError; HoldError */
async function letGoOf(
  item: Archivable,
  proof: ProvedArchive & Pick<ArchivedData, "counts">,
  { config, signal }: Running,
): Promise<ExpireAnswer | undefined> {
  const { backend, open, from, before, to } = item;
  const { name, sha256, counts } = proof;
  if (holdOn(config, backend, { from, to: before }) !== undefined) return undefined;
  const lines = await linesIn(proof, backend, signal);
  const saved = { counts, lines, snapshot: { name, sha256, place: to } };
  const answer = await open.backend.expire?.({ before, saved, moves: true }, signal);
  // What is owed goes on with what is archived already, unless that is not what there is any more.
  if (answer?.state !== "owed" || answer.isOutdated) noteArchived(config, backend, { place: to });
  return answer;
}

function failed({ backend }: Archivable, error: unknown, { signal }: Running): Staying {
  signal.throwIfAborted();
  return { name: backend, reason: owedReason(error), isOwed: true };
}

/** What of it is still here although it was to go. */
function stayingOf({ backend, afterwards }: Archivable, one: ArchivedData | Staying): Staying[] {
  if (!("snapshot" in one)) return [one];
  if (afterwards === "keep" || one.letGo?.state === "expired") return [];
  if (one.letGo === undefined) return [{ name: backend, reason: "it is held since the plan was made" }];
  const { reason = one.letGo.state, due } = one.letGo;
  return [{ name: backend, reason, isOwed: true, ...(due !== undefined && { until: toRfc3339(due) }) }];
}

const recorded = ({ backend, snapshot, letGo }: ArchivedData) => ({
  ...{ backend, snapshot: snapshot.name, sha256: snapshot.sha256 },
  ...(letGo !== undefined && { removed: { ...letGo.counts } }),
});

function doneWith(result: ArchiveResult): Done<ArchiveResult> {
  const owed = result.stays.filter(({ isOwed }) => isOwed).map(({ name, reason }) => `${name}: ${reason}`);
  const details = { archived: result.archived.map(recorded), ...(owed.length > 0 && { owed }) };
  return { result, ending: { outcome: owed.length === 0 ? "success" : "partial", details } };
}
