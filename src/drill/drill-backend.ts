/** The drill of one backend from its target to its part of the report. Whatever goes wrong in it costs this part alone. */
import { join } from "node:path";
import type { OpenBackend } from "../host/open.ts";
import { runCommandStep, waitStep } from "../recovery/carry-out.ts";
import { plannedCounts } from "../restore/plan.ts";
import { extentOf } from "../restore/planned-range.ts";
import { type BackendChain, nameOf } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import { formatBytes } from "../units/bytes.ts";
import { given } from "../units/given.ts";
import { hintOf } from "../units/hint-of.ts";
import { messageOf } from "../units/message-of.ts";
import { NoTargetError, TargetRefused } from "./errors.ts";
import { type Doubt, doubted, judge, unitsOf } from "./judged.ts";
import { LOOK_ALIKE_BYTES_MAX } from "./look-alike.ts";
import { type Production, requireEmpty } from "./not-production.ts";
import { type Rehearsal, rehearse } from "./rehearse.ts";
import type { DrilledBackend, DrillVerdict } from "./report.ts";
import type { DrillScratch } from "./scratch.ts";
import { kindOfTarget, type OpenTarget, openTarget } from "./target.ts";
import type { RehearsalWork } from "./work.ts";

/** What is drilled. */
export interface DrillPart {
  readonly chain: BackendChain;
  /** The backend that the data belongs to. */
  readonly of: OpenBackend;
  /** Makes its target anew. */
  readonly before: readonly string[] | undefined;
  /** Why it would not be whole even if all of the chain came back. */
  readonly doubts: readonly Doubt[];
}

/** What it is drilled with. */
interface DrillSurroundings extends Omit<RehearsalWork, "directory" | "onProgress"> {
  readonly name: string;
  readonly production: Production;
  readonly scratch: DrillScratch;
  readonly note: (message: string) => void;
  readonly onProgress: RehearsalWork["onProgress"];
  /** Whether an error means that something is missing for it, which is no failure. */
  readonly isOwed: (error: unknown) => boolean;
}

/** Drills it. @throws only the signal's reason */
export async function drillBackend(
  part: DrillPart,
  surroundings: DrillSurroundings,
): Promise<DrilledBackend> {
  const began = performance.now();
  const { chain, doubts } = part;
  const known = { ...NOTHING, backend: chain.backend, snapshots: snapshotsIn(chain) };
  const ended = () => ({ seconds: rounded((performance.now() - began) / 1000) });
  try {
    return { ...known, ...doubted(await drilled(part, surroundings), doubts), ...ended() };
  } catch (error) {
    surroundings.signal.throwIfAborted();
    const found = { verdict: verdictOn(error, surroundings), reasons: [textOf(error)] };
    return { ...known, ...doubted(found, doubts), ...ended() };
  }
}

const snapshotsIn = (chain: BackendChain) =>
  snapshotsOf([chain]).map((one) => ({ name: nameOf(one), path: one.path }));

const NOTHING = { notes: [], units: [], lostTotal: 0 };

function verdictOn(error: unknown, { isOwed }: DrillSurroundings): DrillVerdict {
  if (error instanceof NoTargetError || isOwed(error)) return "owed";
  if (error instanceof TargetRefused) return "refused";
  return error instanceof SnapshotError ? "different" : "failed";
}

function textOf(error: unknown): string {
  const hint = error instanceof Error ? hintOf(error) : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)}; ${hint}`;
}

type Found = Omit<DrilledBackend, "backend" | "snapshots" | "seconds">;

async function drilled(part: DrillPart, surroundings: DrillSurroundings): Promise<Found> {
  const { chain, of } = part;
  const { scratch, production, name, signal, note } = surroundings;
  const kind = kindOfTarget(of, production.config);
  if (kind === "look-alike") requireSmall(chain);
  const tenant = `drill-${name}-${chain.backend}`;
  if (kind === "server") await makeAnew(part, surroundings);
  await using target = await openTarget(of, { config: production.config, tenant, scratch, signal, note });
  if (kind === "server") {
    await untilAnswers(part, target.open, surroundings);
    await requireEmpty(of, target.open, production, signal);
  }
  const directory = scratch.folder(join("work", chain.backend));
  const rehearsal = await rehearse(chain, target, { ...surroundings, directory });
  return { ...judge(rehearsal, kind), ...foundIn(rehearsal), into: intoText(target) };
}

/** @throws NoTargetError for more than a look-alike can hold in its memory */
function requireSmall({ links, state, backend }: BackendChain): void {
  const bytes = [...new Set([...links, state])].reduce(
    (sum, { plugin }) => sum + plugin.files.reduce((all, file) => all + file.bytes, 0),
    0,
  );
  if (bytes > LOOK_ALIKE_BYTES_MAX)
    throw new NoTargetError(
      `${formatBytes(bytes)} are too much for the look-alike, which keeps everything in memory: name a server below drill.${backend}`,
    );
}

const BEFORE_MS = 10 * 60_000;
const READY_MS = 2 * 60_000;

async function makeAnew(
  { before, of: { name, configured = name } }: DrillPart,
  { production: { config }, signal, note }: DrillSurroundings,
): Promise<void> {
  if (before === undefined) return;
  const step = { kind: "run", command: before, limitMs: BEFORE_MS, text: "", key: "" } as const;
  const around = { directory: config.directory, env: config.env, signal, tell: note };
  const failure = await runCommandStep(step, around);
  if (failure !== undefined) throw new Error(`drill.${configured}.before: ${failure}`);
}

/** A server that was just made may take a while. */
async function untilAnswers(
  { before }: DrillPart,
  open: OpenBackend,
  { signal }: DrillSurroundings,
): Promise<void> {
  if (before === undefined) return;
  const step = { kind: "wait", names: [open.name], limitMs: READY_MS, text: "", key: "" } as const;
  const failure = await waitStep(step, [open], { signal });
  if (failure !== undefined) throw new Error(failure);
}

const intoText = ({ kind, open: { url, tenant } }: OpenTarget): DrilledBackend["into"] => ({
  kind,
  // Where the drill's own servers were says nothing afterwards.
  ...(kind === "server" ? given({ url, tenant: tenant === "" ? undefined : tenant }) : {}),
});

function foundIn(rehearsal: Rehearsal): Omit<Found, "verdict" | "reasons"> {
  const { target, compared, back, restored, times } = rehearsal;
  if (target === undefined) return NOTHING;
  const units = unitsOf(rehearsal);
  const extent = extentOf(target.files);
  const times_ = {
    restoreSeconds: times.restore,
    readBackSeconds: times.readBack,
    compareSeconds: times.compare,
  };
  return {
    notes: notesOf(target.findings, restored),
    units: units.map((unit) => ({ ...unit })),
    lostTotal: target.lost.length,
    saved: sideOf(plannedCounts(target), extent && rangeToText(extent)),
    ...(back?.saved === undefined
      ? {}
      : { back: sideOf(back.saved.counts, back.extent && rangeToText(back.extent)) }),
    ...(compared === undefined ? {} : { records: units.reduce((sum, { both }) => sum + both, 0) }),
    ...(restored === undefined ? {} : { bytes: bytesOf(target) }),
    ...Object.fromEntries(
      Object.entries(times_).flatMap(([key, value]) => (value === undefined ? [] : [[key, rounded(value)]])),
    ),
  };
}

const bytesOf = ({ files }: NonNullable<Rehearsal["target"]>): number =>
  files.flatMap(({ blocks }) => blocks).reduce((all, { bytes }) => all + bytes, 0);

const sideOf = (
  counts: Readonly<Record<string, number>>,
  extent: { readonly from: string; readonly to: string } | undefined,
) => ({ counts: { ...counts }, ...given({ oldest: extent?.from, newest: extent?.to }) });

const notesOf = (
  findings: NonNullable<Rehearsal["target"]>["findings"],
  restored: Rehearsal["restored"],
): string[] => [
  ...findings.map(({ message, setting }) => (setting === undefined ? message : `${message} (${setting})`)),
  ...(restored?.problems.map(({ reason }) => reason) ?? []),
];

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
