/** What a drill restores, and what of it cannot be drilled here. */
import { beforeOf } from "../config/drill-targets.ts";
import { ConfigError } from "../config/errors.ts";
import type { DrillPart } from "../drill/drill-backend.ts";
import { TargetRefused } from "../drill/errors.ts";
import { requireOtherServer } from "../drill/not-production.ts";
import { type DrillReport, keepReport, newDrillName, undrilledPart } from "../drill/report.ts";
import { drillProblems } from "../drill/settings.ts";
import { backendOf, namesMeantBy } from "../host/open.ts";
import { commandText } from "../programs/command-text.ts";
import type { BackendChain } from "../snapshot/catalog/chain.ts";
import type { Chosen, Reasoned } from "../snapshot/catalog/choose.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { given } from "../units/given.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { requireAllowed } from "./allowed-command.ts";
import { type DrillChoice, doubtsOf, type Undrilled, unheld } from "./drill-doubts.ts";
import { type Erasures, IGNORE_ERASURES } from "./snapshots/erasures.ts";
import type { SnapshotPlaces } from "./snapshots/named-snapshot.ts";
import { KEY, snapshotPlaces } from "./snapshots/places.ts";
import { BACKENDS_MEANT, chooseSnapshots, SNAPSHOT } from "./snapshots/snapshot-param.ts";
import { RefusedError, SealedError, UsageError } from "./task/errors.ts";
import { IDENTITY } from "./task/identity.ts";
import type { ParamValues } from "./task/param.ts";
import type { TaskContext } from "./task/task.ts";

/** What a drill is told. */
export const drillParams = {
  backend: BACKENDS_MEANT,
  snapshot: {
    type: "value",
    hint: "SNAPSHOT",
    complete: "snapshots",
    local: "paths",
    about: `${SNAPSHOT.about}; default: latest`,
  },
  from: {
    type: "value",
    hint: "PLACE",
    complete: "places",
    local: "paths",
    about:
      "drill the copies in this place, and not what is kept here: a store of the configuration, or its URL",
  },
  key: KEY,
  ...IDENTITY,
  "ignore-erasures": IGNORE_ERASURES,
} as const;

type Values = ParamValues<typeof drillParams>;

/** What is drilled, and what of it cannot be. */
export interface DrillPlan {
  readonly name: string;
  readonly from: string | undefined;
  readonly parts: readonly DrillPart[];
  /** Nothing of them can be restored here: their drill is owed, or their snapshots are damaged. */
  readonly owed: readonly Undrilled[];
  /** Absent: nothing could be chosen. */
  readonly chosen?: Chosen;
  /** What must not come back. */
  readonly erasures: Erasures;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Makes the plan. @throws ConfigError, UsageError, RefusedError before anything is run or written */
export async function planDrill(asked: Values, context: TaskContext): Promise<DrillPlan> {
  const problems = drillProblems(context.config, context);
  if (problems.length > 0) throw new ConfigError(problems);
  const wanted = wantedBy(asked, context);
  const { chosen, owed, where } = await chosenFor(asked, wanted, context);
  const parts = chosen === undefined ? [] : partsOf(chosen, context);
  const name = newDrillName(context.config.directory, new Date());
  await requireSafe(parts, { name, ...given({ source: asked.from }) }, context);
  const erasures = await where.erasures(chosen?.chains ?? [], asked["ignore-erasures"]);
  const covered = new Set(parts.flatMap(({ chain, of }) => [chain.backend, of.name]));
  return {
    name,
    from: asked.from,
    parts,
    owed: [...owed, ...missing(expectedBy(asked, wanted, context), chosen, context)].filter(
      (one) => !covered.has(one.name),
    ),
    ...given({ chosen }),
    erasures,
    [Symbol.asyncDispose]: async () => erasures[Symbol.dispose](),
  };
}

/** The names that were asked for; none: all. @throws UsageError for one that is nobody's */
function wantedBy({ backend }: Values, context: TaskContext): string[] {
  return backend.flatMap((word) => {
    const names = namesMeantBy(word, context);
    if (names.length > 0) return names;
    throw new UsageError(
      `--backend ${word}: there is no such backend`,
      `there are ${[...context.backends, ...context.failures].map(({ name }) => name).join(", ")}`,
    );
  });
}

const isLatest = ({ snapshot }: Pick<Values, "snapshot">): boolean => (snapshot ?? "latest") === "latest";

/** The backends that a drill owes an answer for: of the newest snapshots every one, of a named one those that were named. */
const expectedBy = (asked: Values, wanted: readonly string[], context: TaskContext): readonly string[] =>
  wanted.length > 0 || !isLatest(asked) ? wanted : backendNames(context);

function backendNames({ backends, failures, config }: TaskContext): string[] {
  const failed = failures.filter(({ name }) => Object.hasOwn(config.backends, name));
  return [...new Set([...backends, ...failed].map(({ name }) => name))];
}

interface ChosenOrOwed {
  readonly chosen?: DrillChoice;
  readonly where: SnapshotPlaces;
  readonly owed: readonly Undrilled[];
}

const SEALED = "the copy is encrypted: run the drill where its identity is, with --identity FILE";

async function chosenFor(
  asked: Values,
  wanted: readonly string[],
  context: TaskContext,
): Promise<ChosenOrOwed> {
  const { snapshot = "latest", from, key, identity, "passphrase-file": passphrase } = asked;
  const where = await snapshotPlaces(context, {
    key,
    ...given({ place: from, identity, "passphrase-file": passphrase }),
  });
  try {
    const meant = { snapshot, chain: true, plugins: wanted, parts: true, sources: context.backends };
    const chosen = await chooseSnapshots(meant, where);
    const isWanted = ({ backend }: BackendChain): boolean => wanted.length === 0 || wanted.includes(backend);
    return { chosen: { ...chosen, chains: chosen.chains.filter(isWanted) }, owed: [], where };
  } catch (error) {
    const names = wanted.length > 0 ? wanted : backendNames(context);
    if (error instanceof SealedError || where.locked?.() instanceof SealedError)
      return { owed: names.map((name) => ({ name, verdict: "owed", reason: SEALED })), where };
    // Of the newest it can only mean that there is none; a drill that finds nothing to restore has a report, too.
    if (!(error instanceof UsageError && isLatest(asked)) || names.length === 0) throw error;
    const kept = await readKept(where.kept);
    return { owed: names.map((name) => unheld(name, kept)), where };
  }
}

/** Backends of which there is no snapshot, or that are not open here. @param expected those that an answer is owed for */
function missing(
  expected: readonly string[],
  chosen: DrillChoice | undefined,
  { failures }: TaskContext,
): Undrilled[] {
  if (chosen === undefined) return [];
  const closed = (name: string): string | undefined =>
    failures.find((one) => one.name === name)?.error.message;
  const owed = ({ name, reason }: Reasoned): Undrilled => ({ name, verdict: "owed", reason });
  const chained = chosen.chains.map(({ backend: name }) =>
    owed({ name, reason: closed(name) ?? NOT_CONFIGURED }),
  );
  const asked = expected.map((name) => {
    const reason = closed(name);
    return reason === undefined ? unheld(name, chosen.kept) : owed({ name, reason });
  });
  const all = [...chosen.lacking.map(owed), ...chained, ...asked];
  return [...new Map(all.toReversed().map((one) => [one.name, one])).values()].reverse();
}

const NOT_CONFIGURED = "no such backend is configured here, so there is nothing to restore it into";

const partsOf = (chosen: DrillChoice, { backends, config }: TaskContext): DrillPart[] =>
  chosen.chains.flatMap((chain) => {
    const of = backendOf(chain.state.plugin, backends);
    if (of === undefined) return [];
    const before = beforeOf(config, of.configured ?? of.name);
    return [{ chain, of, before, doubts: doubtsOf(chain, chosen) }];
  });

/** Before anything is run: that is a drill's outcome, too, and has a report. @throws RefusedError */
async function requireSafe(
  parts: readonly DrillPart[],
  drill: Pick<DrillReport, "name" | "source">,
  context: TaskContext,
): Promise<void> {
  for (const part of parts)
    try {
      await requireSafeTarget(part, context);
    } catch (error) {
      if (error instanceof RefusedError && context.isDry !== true)
        await keepReport(context.config.directory, refusedReport(drill, part.chain, error));
      throw error;
    }
}

/** No target may be the stack's own, and no command more than may run. @throws RefusedError */
async function requireSafeTarget({ of, before }: DrillPart, { config, backends }: TaskContext) {
  const { name, configured = name } = of;
  if (!Object.hasOwn(config.drill, configured)) return;
  const setting = `drill.${configured}.before`;
  const what = `the command of ${setting}`;
  if (before !== undefined)
    requireAllowed({ command: before, text: commandText(before), what, setting }, config);
  try {
    await requireOtherServer(of, { config, backends });
  } catch (error) {
    if (!(error instanceof TargetRefused)) throw error;
    throw new RefusedError(error.message, error.hint, { backend: name, reason: error.message });
  }
}

const refusedReport = (
  drill: Pick<DrillReport, "name" | "source">,
  { backend }: BackendChain,
  { message }: RefusedError,
): DrillReport => ({
  ...drill,
  began: toRfc3339(fromMs(Date.now())),
  seconds: 0,
  verdict: "refused",
  backends: [undrilledPart({ name: backend, verdict: "refused", reason: message })],
});
