/** Verifies snapshots against their manifests, and against what the servers hold now. */
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
import { backendOf } from "../host/open.ts";
import { nameOf } from "../snapshot/catalog/chain.ts";
import { claimsOfBackend, snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { type Chosen, lacksNothing } from "../snapshot/catalog/choose.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { openChain } from "../snapshot/catalog/open-chain.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import type { Storage } from "../storage/storage.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { countOf } from "../verify/compare-objects.ts";
import { compareLive, type LiveReport, notCompared } from "../verify/live.ts";
import { readPart, type SnapshotPart } from "../verify/part.ts";
import { type VerifyReport, verifySnapshot } from "../verify/verify.ts";
import { UsageError } from "./errors.ts";
import { rememberCheck } from "./holdings.ts";
import { IDENTITY } from "./identity.ts";
import { meantBy, type SnapshotPlaces, storesFor } from "./named-snapshot.ts";
import type { ParamValues } from "./param.ts";
import { placedName } from "./placed-name.ts";
import { KEY, PLACE, snapshotPlaces } from "./places.ts";
import { CHAIN, chooseSnapshots, SNAPSHOT } from "./snapshot-param.ts";
import { defineTask, type TaskContext } from "./task.ts";

const params = {
  snapshot: SNAPSHOT,
  all: { type: "flag", about: "every kept snapshot" },
  chain: CHAIN,
  place: PLACE,
  key: KEY,
  ...IDENTITY,
  quick: { type: "flag", about: "check only the manifest, the files' sizes and the index; read no data" },
  "read-data": {
    type: "value",
    hint: "PART",
    parse: readPart,
    about:
      "read only part of the data: 1/7 is the first of seven parts that make up everything; 10% is a different tenth every day",
  },
  live: {
    type: "flag",
    about: "also ask the servers: what expired or arrived late, which dashboards and rules differ",
  },
} as const;

interface Plan {
  /** The oldest first. */
  readonly places: readonly Storage[];
  /** Absent when the named snapshot's manifest is not credible. */
  readonly chosen: Chosen | undefined;
  readonly depth: "sizes" | "lines";
  readonly part: SnapshotPart | undefined;
  readonly live: boolean;
  /** The copies in places that were opened, by where they lie. */
  readonly opened?: SnapshotPlaces["opened"];
}

/** What was checked, and the results. */
export interface Verified {
  /** One for each snapshot, oldest first. */
  readonly reports: readonly VerifyReport[];
  /** Absent when the single snapshot does not say what it holds. */
  readonly chosen: Chosen | undefined;
  /** Results of counting on the servers; empty without `--live`. */
  readonly live: readonly LiveReport[];
}

export const verify = defineTask({
  kind: "verify",
  about: "prove snapshots: every file, block, checksum and line",
  params,
  opens({ live, snapshot, place }, config) {
    const stores = storesFor([snapshot], config, place);
    if (live) return stores;
    return stores.stores ? { ...stores, asksNothing: true } : "nothing";
  },
  destructive: false,
  recorded: false,
  async plan(params, context): Promise<Plan> {
    if (params.snapshot === undefined && !params.all) throw new UsageError("which snapshot?", WHICH);
    const depth = params.quick ? "sizes" : "lines";
    return { ...(await chosenBy(params, context)), depth, part: params["read-data"], live: params.live };
  },
  targets: ({ places }) => places.map(({ root }) => ({ kind: "snapshot", name: root, identity: root })),
  async run(plan, context) {
    const { chosen } = plan;
    const reports = await proven(plan, context);
    const live = plan.live && chosen !== undefined ? await comparedLive(chosen, context) : [];
    const result: Verified = { reports, chosen, live };
    return { result, ending: { outcome: OUTCOMES[verdictOn(result)] } };
  },
});

const WHICH = "give a name, a directory or `latest`, or --all for every kept snapshot";

/** `differs`: something has changed. `short`: part of what was asked for could not be checked or counted. */
export type VerifyVerdict = "equal" | "short" | "differs";

const OUTCOMES = { equal: "success", short: "partial", differs: "failed" } as const;

/** The overall verdict. */
export function verdictOn({ reports, chosen, live }: Verified): VerifyVerdict {
  const differs = live.some(
    ({ differences, objects }) =>
      differences.some(({ verdict }) => verdict === "differs") ||
      countOf(objects?.missingCounts ?? {}) + countOf(objects?.differingCounts ?? {}) > 0,
  );
  if (differs || reports.some(({ sound }) => !sound)) return "differs";
  const isShort = chosen !== undefined && !lacksNothing(chosen);
  return isShort || live.some(isUnproven) ? "short" : "equal";
}

/** A failed count or comparison proves neither a difference nor equality, and what was missing at the export still is. */
const isUnproven = ({ failed, uncounted, differences, objects, objectsFailure }: LiveReport): boolean =>
  failed + uncounted.length > 0 ||
  objectsFailure !== undefined ||
  countOf(objects?.unknownCounts ?? {}) > 0 ||
  differences.some(({ verdict }) => verdict === "missing");

/** A named snapshot is checked whatever is wrong with it, and so is every existing one that its chain lacks. */
async function chosenBy(
  asked: ParamValues<typeof params>,
  context: TaskContext,
): Promise<Pick<Plan, "places" | "chosen" | "opened">> {
  const { snapshot, chain } = asked;
  const where = await snapshotPlaces(context, asked);
  try {
    const chosen = await chooseSnapshots({ snapshot, chain }, where);
    const missing = chosen.chains.flatMap((each) => each.missing);
    const lost = [...missing, ...chosen.broken].map(({ name }) => name);
    const broken = chosen.kept.unreadable.filter(({ path }) => lost.includes(nameOf({ path })));
    const places = [...snapshotsOf(chosen.chains), ...broken].map(
      ({ files }) => [files.root, files] as const,
    );
    return { places: [...new Map(places).values()], chosen, ...given({ opened: where.opened }) };
  } catch (error) {
    const places = await unreadable(snapshot, where);
    if (places.length === 0) throw error;
    return { places, chosen: undefined, ...given({ opened: where.opened }) };
  }
}

/** Where nothing could be chosen: what is there, to be checked whatever is wrong with it. */
async function unreadable(snapshot: string | undefined, where: SnapshotPlaces): Promise<readonly Storage[]> {
  const { files, among } =
    snapshot === undefined ? { files: undefined, among: where.kept } : await meantBy(snapshot, where);
  if (files !== undefined) return [files];
  try {
    return (await readKept(among)).unreadable.map((one) => one.files);
  } catch (error) {
    if (error instanceof SnapshotError) return [among];
    throw error;
  }
}

async function proven(
  { places, depth, part, opened }: Plan,
  { follow, signal, config }: TaskContext,
): Promise<readonly VerifyReport[]> {
  using stretch = follow();
  const reports: VerifyReport[] = [];
  for (const [index, place] of places.entries()) {
    const before = reports.reduce((sum, { bytes }) => sum + bytes, 0);
    const onProgress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }): void =>
      stretch.progress({
        name: "verify",
        done: (index + bytes / totalBytes) / places.length,
        bytes: before + bytes,
        counts: {},
        state: "running",
        retries: 0,
      });
    const report = await verifySnapshot(place, { depth, ...(part && { part }), signal, onProgress });
    reports.push(report);
    const placed = placedName(place.root);
    const copy = opened?.get(place.root);
    if (placed !== undefined) await rememberCheck(config, placed, report, { copy, part, files: place });
  }
  return reports;
}

const NOT_CONFIGURED = "no such backend is configured";

async function comparedLive(
  { chains }: Chosen,
  { backends, failures, signal }: TaskContext,
): Promise<readonly LiveReport[]> {
  const reports: LiveReport[] = [];
  // Records are compared by their number only, so none of them is looked at.
  await using opened = await openChain(chains, { range: { from: 0n, to: 0n }, signal });
  for (const saved of chains.map(claimsOfBackend)) {
    const open = backendOf(saved, backends);
    const limit = createConcurrencyLimit({ concurrency: 1, tuning: DEFAULT_TUNING, signal });
    const options = { now: fromMs(Date.now()), snapshot: opened.snapshot, signal, limit };
    const why = failures.find(({ name }) => name === saved.name)?.error.message ?? NOT_CONFIGURED;
    reports.push(open === undefined ? notCompared(saved, why) : await compareLive(saved, open, options));
  }
  return reports;
}
