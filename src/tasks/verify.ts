/** Verifies snapshots against their manifests, and against what the servers hold now. */
import { createConcurrencyLimit } from "../engine/concurrency-limit.ts";
import { DEFAULT_TUNING } from "../engine/tuning.ts";
import { waitsOf } from "../engine/wait.ts";
import { backendOf } from "../host/open.ts";
import { claimsOfBackend } from "../snapshot/catalog/chain-claims.ts";
import { type Chosen, lacksNothing, type Reasoned } from "../snapshot/catalog/choose.ts";
import { openChain } from "../snapshot/catalog/open-chain.ts";
import { fromMs } from "../units/range.ts";
import { countOf } from "../verify/compare-objects.ts";
import { compareLive, type LiveReport, notCompared } from "../verify/live.ts";
import { readPart, type SnapshotPart } from "../verify/part.ts";
import { type VerifyReport, verifySnapshot } from "../verify/verify.ts";
import { rememberCheck } from "./snapshots/holdings.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { placedName } from "./snapshots/placed-name.ts";
import { KEY, PLACE } from "./snapshots/places.ts";
import { CHAIN, SNAPSHOT } from "./snapshots/snapshot-param.ts";
import { UsageError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import { defineTask, type TaskContext } from "./task/task.ts";
import { placeMeant, type ToVerify, toVerify } from "./to-verify.ts";

const params = {
  snapshot: {
    ...SNAPSHOT,
    about: `${SNAPSHOT.about}; a place alone, by its name or URL, is every copy in it`,
  },
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
      "read only part of the data: 1/7 is the first of seven parts that make up everything; day/7 is a different seventh every day, and 10% a different tenth",
  },
  live: {
    type: "flag",
    about: "also ask the servers: what expired or arrived late, which dashboards and rules differ",
  },
} as const;

interface Plan extends ToVerify {
  readonly depth: "sizes" | "lines";
  readonly part: SnapshotPart | undefined;
  readonly live: boolean;
}

/** What was checked, and the results. */
export interface Verified {
  /** One for each snapshot, oldest first. */
  readonly reports: readonly VerifyReport[];
  /** Absent when the single snapshot does not say what it holds. */
  readonly chosen: Chosen | undefined;
  /** Copies that were to be checked, and whose signer is not believed. */
  readonly distrusted: readonly Reasoned[];
  /** Results of counting on the servers; empty without `--live`. */
  readonly live: readonly LiveReport[];
}

export const verify = defineTask({
  kind: "verify",
  about: "prove snapshots: every file, block, checksum and line",
  params,
  exclusive: [
    ["quick", "read-data"],
    ["all", "snapshot"],
    ["all", "chain"],
  ],
  opens(given, config) {
    const { live, snapshot, place } = placeMeant(given, config);
    const stores = storesFor([snapshot], config, place);
    if (live) return stores;
    return stores.stores ? { ...stores, asksNothing: true } : "nothing";
  },
  destructive: false,
  recorded: false,
  async plan(params, context): Promise<Plan> {
    if (params.snapshot === undefined && !params.all) throw new UsageError("which snapshot?", WHICH);
    const depth = params.quick ? "sizes" : "lines";
    const meant = placeMeant(params, context.config);
    return { ...(await toVerify(meant, context)), depth, part: params["read-data"], live: params.live };
  },
  targets: ({ places }) => places.map(({ root }) => ({ kind: "snapshot", name: root, identity: root })),
  async run(plan, context) {
    const { chosen } = plan;
    const reports = await proven(plan, context);
    const live = plan.live && chosen !== undefined ? await comparedLive(chosen, context) : [];
    const result: Verified = { reports, chosen, distrusted: plan.distrusted, live };
    return { result, ending: { outcome: OUTCOMES[verdictOn(result)] } };
  },
});

const WHICH = "give a name, a directory or `latest`, or --all for every kept snapshot";

/** `differs`: something has changed. `short`: part of what was asked for could not be checked or counted. */
export type VerifyVerdict = "equal" | "short" | "differs";

const OUTCOMES = { equal: "success", short: "partial", differs: "failed" } as const;

/** The overall verdict. */
export function verdictOn({ reports, chosen, distrusted, live }: Verified): VerifyVerdict {
  const differs = live.some(
    ({ differences, objects }) =>
      differences.some(({ verdict }) => verdict === "differs") ||
      countOf(objects?.missingCounts ?? {}) + countOf(objects?.differingCounts ?? {}) > 0,
  );
  if (differs || reports.some(({ sound }) => !sound)) return "differs";
  const isShort = distrusted.length > 0 || (chosen !== undefined && !lacksNothing(chosen));
  return isShort || live.some(isUnproven) ? "short" : "equal";
}

/** A failed count or comparison proves neither a difference nor equality, and what was missing at the export still is. */
const isUnproven = ({ failed, uncounted, differences, objects, objectsFailure }: LiveReport): boolean =>
  failed + uncounted.length > 0 ||
  objectsFailure !== undefined ||
  countOf(objects?.unknownCounts ?? {}) > 0 ||
  differences.some(({ verdict }) => verdict === "missing");

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

/** Counts and compares on the servers what these snapshots hold. @throws the signal's reason */
export async function comparedLive(
  { chains }: Pick<Chosen, "chains">,
  {
    backends,
    failures,
    signal,
    onWait,
    waitFor,
  }: Pick<TaskContext, "backends" | "failures" | "signal" | "onWait" | "waitFor">,
): Promise<readonly LiveReport[]> {
  // Records are compared by their number only, so none of them is looked at.
  await using opened = await openChain(chains, { range: { from: 0n, to: 0n }, signal });
  const claims = chains.map(claimsOfBackend);
  using wait = waitFor(claims.map(({ name }) => name));
  const compare = async (saved: ReturnType<typeof claimsOfBackend>): Promise<LiveReport> => {
    const { name } = saved;
    const open = backendOf(saved, backends);
    const why = failures.find((one) => one.name === name)?.error.message ?? NOT_CONFIGURED;
    if (open === undefined) return notCompared(saved, why);
    const tellWait = waitsOf(name, onWait);
    const limit = createConcurrencyLimit({ concurrency: 1, tuning: DEFAULT_TUNING, signal, tellWait });
    const options = { now: fromMs(Date.now()), snapshot: opened.snapshot, signal, limit };
    return compareLive(saved, open, options);
  };
  return await Promise.all(
    claims.map(async (saved) => {
      const report = await compare(saved);
      wait.answered(saved.name);
      return report;
    }),
  );
}
