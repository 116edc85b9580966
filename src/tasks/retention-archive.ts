/** Moves old data into a place: saved, copied, proved there, and only then let go of here. */

import type { Archiving } from "../config/archive.ts";
import type { Config } from "../config/config.ts";
import type { Counts, Expirable, ExpireAnswer } from "../contract/contract.ts";
import type { OpenBackend } from "../host/open.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { given } from "../units/given.ts";
import { DAY_MS, fromMs, toRfc3339 } from "../units/range.ts";
import { countsText } from "../units/unit-text.ts";
import { archivedUntil, noteArchived } from "./archived.ts";
import { copy } from "./copy.ts";
import { exportStack } from "./export.ts";
import { backendTarget } from "./inventory.ts";
import { RefusedError, UsageError } from "./task/errors.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";
import { verdictOn, verify } from "./verify.ts";

const DAY_NS = fromMs(DAY_MS);

const params = {
  plugin: {
    type: "value",
    hint: "NAME",
    complete: "backends",
    about: "this backend of `archive` in the configuration; needed where it names several",
  },
} as const;

/** What would be archived. */
export interface ArchivePlan extends Archiving {
  readonly backend: string;
  readonly open: OpenBackend;
  /** Data from this time on, ns. Absent: there is nothing to archive. */
  readonly from?: bigint;
  /** Up to this one. */
  readonly before: bigint;
  /** How much of it there is, where the backend can tell. */
  readonly counts: Counts;
}

/** What was archived, and what became of it here. */
export interface Archived {
  readonly snapshot: { readonly name: string; readonly path: string; readonly sha256: string };
  readonly counts: Counts;
  /** Absent: it stays here, as it was to. */
  readonly letGo?: ExpireAnswer;
}

export const retentionArchive = defineTask({
  kind: "retention_archive",
  about: "move old data into a place: saved, copied, proved there, and only then let go of here",
  params,
  opens: ({ plugin }, { archive }) => ({ only: [archivedName(plugin, archive)], stores: true }),
  destructive: true,
  async plan({ plugin }, context): Promise<ArchivePlan> {
    const backend = archivedName(plugin, context.config.archive);
    const archiving = context.config.archive[backend];
    const open = context.backends.find(({ name }) => name === backend);
    const failure = context.failures.find(({ name }) => name === backend);
    if (archiving === undefined || open === undefined) throw failure?.error ?? unknown(backend);
    // A whole day, so that what was agreed to does not change with every second.
    const before = ((fromMs(Date.now()) - archiving.after) / DAY_NS) * DAY_NS;
    return {
      ...archiving,
      backend,
      open,
      ...(await lookAt(open, { ...archiving, before, backend }, context)),
    };
  },
  targets({ backend, open, from, before, counts }) {
    if (from === undefined) return [];
    const target = backendTarget(backend, open);
    const what = `${toRfc3339(from)} ${toRfc3339(before)} ${countsText(counts)}`;
    return [{ ...target, identity: `${target.identity} ${what}` }];
  },
  details: ({ from, before, to, afterwards, counts }) => ({
    place: to,
    ...(from !== undefined && { from: toRfc3339(from) }),
    before: toRfc3339(before),
    afterwards,
    ...counts,
  }),
  async run(plan, running): Promise<Done<Archived>> {
    const archived = await proven(plan, running);
    running.did({ archived: archived.snapshot });
    if (plan.afterwards === "keep") {
      noteArchived(running.config, plan.backend, { place: plan.to, until: plan.before });
      return doneWith(archived);
    }
    return doneWith({ ...archived, ...given({ letGo: await letGoOf(plan, archived, running) }) });
  },
});

/** @throws UsageError */
function archivedName(asked: string | undefined, archive: Config["archive"]): string {
  const names = Object.keys(archive);
  const [only, ...others] = names;
  if (only === undefined)
    throw new UsageError(
      "nothing is to be archived",
      "`archive: { NAME: { after: 2y, to: PLACE } }` in the configuration says what",
    );
  if (asked === undefined && others.length > 0)
    throw new UsageError("which backend?", `--plugin names one of ${names.join(", ")}`);
  if (asked === undefined || names.includes(asked)) return asked ?? only;
  throw new UsageError(`${asked} is not to be archived`, `there is ${names.join(", ")}`);
}

const unknown = (backend: string): UsageError =>
  new UsageError(`there is no backend ${backend}`, "it is disabled, or has another name");

type Look = Pick<ArchivePlan, "from" | "before" | "counts">;

/** @throws RefusedError when it is to be let go of and cannot be */
async function lookAt(
  { backend }: OpenBackend,
  { before, afterwards, to, backend: name }: Pick<ArchivePlan, "before" | "afterwards" | "to" | "backend">,
  { signal, config }: TaskContext,
): Promise<Look> {
  const { oldest } = await backend.inventory(signal);
  const from = afterwards === "keep" ? (archivedUntil(config, name, to) ?? oldest) : oldest;
  if (from === undefined || from >= before) return { before, counts: {} };
  if (afterwards === "keep")
    return { before, from, counts: (await backend.count?.({ range: { from, to: before } }, signal)) ?? {} };
  const found = await backend.findExpired?.({ before }, signal);
  if (found === undefined || found.impossible !== undefined) throw notLetGo(name, found);
  const isNothing = Object.values(found.counts).every((count) => count === 0);
  return isNothing ? { before, counts: {} } : { before, from, counts: found.counts };
}

const notLetGo = (name: string, found: Expirable | undefined): RefusedError =>
  new RefusedError(
    found?.impossible === undefined
      ? `${name} cannot let go of old data`
      : `${name} cannot let go of it: ${found.impossible}`,
    "`then: keep` archives it all the same, and leaves it here",
  );

/** Saves it, copies it, and reads the copy. @throws Error when one of that is not whole: nothing is let go of then */
async function proven({ backend, from, before, to }: ArchivePlan, running: Running): Promise<Archived> {
  const { manifest, path } = await running.part(exportStack, {
    plugin: [backend],
    ...given({ from }),
    to: before,
  });
  if (path === undefined || manifest.status !== "complete")
    throw new Error(`${backend} was not saved whole, so nothing was archived`);
  const { copies } = await running.part(copy, { snapshot: [path], to });
  const [copied] = copies;
  if (copied === undefined) throw new Error(`${path} was not copied to ${to}`);
  const name = nameOf(copied.snapshot);
  const verified = await running.part(verify, { snapshot: `${to}:${name}` });
  if (verdictOn(verified) !== "equal")
    throw new Error(`the copy ${to}:${name} is not proved, so nothing was let go of`);
  const counts = manifest.plugins.find((one) => one.name === backend)?.counts ?? {};
  return { snapshot: { name, path, sha256: copied.snapshot.manifest.sha256 }, counts };
}

async function letGoOf(
  { open, before, to }: ArchivePlan,
  { snapshot: { name, sha256 }, counts }: Archived,
  { signal }: Running,
): Promise<ExpireAnswer | undefined> {
  const saved = { counts, snapshot: { name, sha256, place: to } };
  return await open.backend.expire?.({ before, saved }, signal);
}

function doneWith(result: Archived): Done<Archived> {
  const { snapshot, letGo } = result;
  const isDone = letGo === undefined || letGo.state === "expired";
  const details = {
    snapshot: snapshot.name,
    sha256: snapshot.sha256,
    ...(letGo !== undefined && { removed: { ...letGo.counts } }),
    ...(letGo?.reason !== undefined && { reason: letGo.reason }),
  };
  return { result, ending: { outcome: isDone ? "success" : "partial", details } };
}
