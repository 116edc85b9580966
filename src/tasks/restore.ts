/** Restores data from snapshots, and has the servers count it. */
import type { Ending } from "../audit/format/event.ts";
import { namesMeantBy, type OpenBackend } from "../host/open.ts";
import { carryOutRestore } from "../restore/carry-out.ts";
import { createCourse } from "../restore/course.ts";
import {
  isUnderway,
  lockRestore,
  newRestoreDirectory,
  type RestoreRequest,
  requestOf,
  unfinishedRestore,
} from "../restore/directory.ts";
import { lackingOf } from "../restore/not-chosen.ts";
import { type PlannedRestore, planRestore } from "../restore/plan.ts";
import type { RestoreReport } from "../restore/report.ts";
import type { RestoreProgress } from "../restore/run.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import type { Chosen } from "../snapshot/catalog/choose.ts";
import type { Source } from "../snapshot/catalog/source.ts";
import { addCounts } from "../snapshot/format/counts.ts";
import { given } from "../units/given.ts";
import { toRfc3339 } from "../units/range.ts";
import { countsToTell } from "../units/unit-text.ts";
import { listed } from "../units/words.ts";
import { backendTarget } from "./inventory.ts";
import { checkRestoreMatches, readMatches } from "./matches.ts";
import { type RestoreValues, rangeOf, readLabels, requireChoice, restoreParams } from "./restore-params.ts";
import { requireNothingInTheWay, requireOneTenant } from "./restore-refusals.ts";
import { type OpenSource, openSource, toldIgnored } from "./restore-source.ts";
import type { Erasures } from "./snapshots/erasures.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { snapshotPlaces } from "./snapshots/places.ts";
import { chooseSnapshots, type OpenChosen } from "./snapshots/snapshot-param.ts";
import { RefusedError, UsageError } from "./task/errors.ts";
import { withLastWord } from "./task/last-word.ts";
import type { Progress } from "./task/progress.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

/** What to write where. Holds the snapshots open. */
export interface Restoration extends PlannedRestore, AsyncDisposable {
  readonly chosen: Chosen;
  /** How many records were erased that are left out wherever they are found. */
  readonly erased: number;
  /** The lists of what was erased that could not be read, and are ignored. */
  readonly ignored: readonly string[];
  /** `--from` and `--to` as absolute times, if given. */
  readonly times: Readonly<Partial<Record<"from" | "to", string>>>;
  readonly request: RestoreRequest;
  /** The directory of the interrupted restore that this one continues. */
  readonly earlier: string | undefined;
}

/** Where a restore's snapshots come from, and which interrupted one it continues. */
interface RestoreSource {
  /** @throws UsageError, SnapshotError */
  open(params: RestoreValues, context: TaskContext): Promise<OpenSource>;
  /** @returns the directory of the interrupted restore */
  earlier(
    params: RestoreValues,
    request: RestoreRequest,
    plan: PlannedRestore,
    context: TaskContext,
  ): Promise<string | undefined>;
}

const restoring = (from: RestoreSource) =>
  defineTask({
    kind: "restore",
    about: "put data from snapshots back, and have the servers count it",
    params: restoreParams,
    exclusive: [
      ["all", "snapshot"],
      ["all", "chain"],
    ],
    opens: ({ plugin, into, snapshot, place }, config) => ({
      only: plugin,
      tenant: into,
      ...storesFor([snapshot], config, place),
    }),
    destructive: true,
    async plan(params, context): Promise<Restoration> {
      const opened = await from.open(params, context);
      try {
        const { chosen, erased, [Symbol.asyncDispose]: close } = opened;
        const ignored = toldIgnored(opened, context);
        if (params.into === undefined) requireOneTenant(chosen);
        const plan = await planned(params, context, opened);
        if (params.existing === "fail") requireNothingInTheWay(plan);
        const request = requestOf(params, plan);
        const earlier = await from.earlier(params, request, plan, context);
        const known = { chosen, erased, ignored, times: timesOf(params), request, earlier };
        return { ...plan, ...known, [Symbol.asyncDispose]: close };
      } catch (error) {
        await opened[Symbol.asyncDispose]();
        throw error;
      }
    },
    targets: ({ targets, chains }) =>
      targets.map(({ name, open }) => {
        const { identity, ...target } = backendTarget(name, open);
        return { ...target, identity: [identity, ...hashesOf(chains, name)].join(" ") };
      }),
    details: ({ snapshot, chains, times, earlier, ignored }) => ({
      snapshot: snapshot.path,
      ...(snapshotsOf(chains).length > 1 ? { snapshots: snapshotsOf(chains).length } : {}),
      ...times,
      ...given({ report: earlier }),
      ...(ignored.length === 0 ? {} : { ignored_erasures: [...ignored] }),
      resumed: earlier !== undefined,
    }),
    async run(plan, running: Running): Promise<Done<RestoreReport>> {
      const { config, signal, warn, did, follow, onWait } = running;
      const { earlier, request, times } = plan;
      const { concurrency } = config.export;
      const directory = earlier ?? (await newRestoreDirectory(config.backups, request, new Date()));
      const course = createCourse(plan, did, times);
      using stretch = follow();
      const onProgress = (progress: RestoreProgress): void => stretch.progress(shown(progress));
      const lock = lockRestore(directory);
      if (lock === undefined) throw underway(directory);
      try {
        const work = { directory, course, concurrency, signal, warn, onProgress, ...given({ onWait }) };
        const result = await carryOutRestore(plan, work);
        return { result, ending: endingOf(result) };
      } catch (error) {
        throw withLastWord(error, course.lastWord());
      } finally {
        lock.release();
      }
    },
  });

/** Restores what its parameters name. */
export const restore = restoring({
  open: openMeant,
  earlier: async ({ resume }, request, plan, context) =>
    resume ? interrupted(request, plan, context) : undefined,
});

/**
 * Restores exactly these snapshots, for a task that has chosen and shown them.
 * @param openErasures what must not come back from them
 * @param since continues the same restore if one was begun at this name of a directory or later, and interrupted
 */
export const restoreOf = (chosen: Chosen, openErasures: () => Promise<Erasures>, since?: string) =>
  restoring({
    open: async (_, { signal }) => openSource(chosen, await openErasures(), { signal }),
    earlier: async (_, request, plan, context) =>
      since === undefined || (await unfinishedRestore(context.config.backups, request, since)) === undefined
        ? undefined
        : interrupted(request, plan, context),
  });

/** Opens the requested snapshots. @throws UsageError when none is requested */
async function openMeant(params: RestoreValues, context: TaskContext): Promise<OpenSource> {
  requireChoice(params);
  const { snapshot, chain, only, into } = params;
  const plugins = backendsOf(params, context);
  const where = await snapshotPlaces(context, params);
  const sources = context.backends.map((open) => sourceOf(open, into));
  const range = rangeOf(params);
  const { signal } = context;
  const chosen = await chooseSnapshots({ snapshot, chain, range, plugins, only, sources }, where);
  const erasures = await where.erasures(chosen.chains, params["ignore-erasures"]);
  return openSource(chosen, erasures, { range, signal });
}

/** The backends that were asked for, by their own names; none: all. */
const backendsOf = ({ plugin }: RestoreValues, context: TaskContext): string[] =>
  plugin.flatMap((word) => namesMeantBy(word, context));

/** How snapshots identify this backend. @param into the tenant it is opened as, which snapshots know nothing of */
const sourceOf = ({ name, plugin, url, tenant }: OpenBackend, into: string | undefined): Source => ({
  name,
  plugin,
  ...given({ url }),
  ...(tenant === undefined || into !== undefined ? {} : { tenant }),
});

/** Checks every chosen block, with progress, and asks the servers. */
async function planned(
  params: RestoreValues,
  context: TaskContext,
  { snapshot, broken, chosen }: OpenChosen,
): Promise<PlannedRestore> {
  const { backends, signal, follow } = context;
  const { only, into } = params;
  const plugins = backendsOf(params, context);
  const range = rangeOf(params);
  const names = plugins.length > 0 ? plugins : snapshot.manifest.plugins.map(({ name }) => name);
  const matches = readMatches(params.match, names);
  await checkRestoreMatches(matches, { backends, signal });
  using stretch = follow();
  let bytes = 0;
  const onLook = (more: number): void => {
    bytes += more;
    const done = bytes / Math.max(bytes, snapshot.manifest.bytes);
    stretch.progress({ name: "check", done, bytes, counts: {}, state: "running", retries: 0 });
  };
  return await planRestore({
    snapshot,
    chains: chosen.chains,
    lacking: lackingOf(chosen, broken),
    backends,
    ...(plugins.length === 0 ? {} : { plugins }),
    ...(only.length === 0 ? {} : { only }),
    ...given({ range }),
    match: Object.fromEntries(matches),
    labels: readLabels(params.label),
    existing: params.existing,
    relabel: params.relabel,
    ...given({ tenant: into }),
    signal,
    onLook,
  });
}

/** @throws UsageError when there is none @throws RefusedError when it cannot go on now */
async function interrupted(
  request: RestoreRequest,
  { leftOut, notChosen }: PlannedRestore,
  { config }: TaskContext,
): Promise<string> {
  const found = await unfinishedRestore(config.backups, request);
  if (found === undefined)
    throw new UsageError(
      "there is no interrupted restore like this one",
      "use the same snapshot and the same flags; instead of a time such as 24h, give the moment that it meant: contextcore audit --operation restore",
    );
  const { directory, without } = found;
  if (isUnderway(directory)) throw underway(directory);
  if (without.length === 0) return directory;
  const reasons = [...leftOut, ...notChosen]
    .filter(({ name }) => without.includes(name))
    .map(({ name, reason }) => `${name}: ${reason}`);
  throw new RefusedError(
    `the interrupted restore writes to ${listed(without)}, too, which cannot be written now: ${reasons.join("; ")}`,
    "repeat the command when that is possible; without --resume a new restore begins",
  );
}

const underway = (directory: string): RefusedError =>
  new RefusedError(
    `${directory}: another process carries out this restore`,
    "wait for it to end, or stop it",
  );

const timesOf = ({ from, to }: RestoreValues): Restoration["times"] => ({
  ...(from === undefined ? {} : { from: toRfc3339(from) }),
  ...(to === undefined ? {} : { to: toRfc3339(to) }),
});

/** Hashes of the snapshots that a backend's data comes from: with other snapshots it would be a different restore. */
const hashesOf = (chains: PlannedRestore["chains"], name: string): string[] =>
  snapshotsOf(chains.filter(({ backend }) => backend === name)).map(({ manifest }) => manifest.sha256);

/** Existing records count as done, and are shown. */
function shown({ name, done, written, existing, bytes, retries, waits }: RestoreProgress): Progress {
  const counts = { ...written };
  addCounts(counts, existing);
  const there = countsToTell(existing).find(([, count]) => count > 0)?.[1];
  return {
    name,
    done,
    counts,
    bytes,
    retries,
    state: done < 1 ? (waits ? "waiting" : "running") : "counting",
    ...(there === undefined ? {} : { remark: `already there ${there.toLocaleString("en")}` }),
  };
}

const OUTCOMES = { complete: "success", partial: "partial", failed: "failed" } as const;

function endingOf({ status, directory, plugins }: RestoreReport): Ending {
  const rejected = plugins.reduce((sum, one) => sum + one.rejected, 0);
  const lost = plugins.reduce((sum, one) => sum + one.lost.length, 0);
  const differing = plugins.reduce((sum, one) => sum + one.differing.length, 0);
  const details = {
    report: directory,
    rejected,
    ...(differing === 0 ? {} : { differing }),
    ...(lost === 0 ? {} : { lost }),
  };
  return { outcome: OUTCOMES[status], details };
}
