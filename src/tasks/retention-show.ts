/** Shows what there is of each class of data, when it goes, and where servers, places and settings do otherwise. */
import { openActivity } from "../activity/database/open.ts";
import { spanOf } from "../activity/records/read.ts";
import { eventOf } from "../audit/format/chain.ts";
import { trailLines } from "../audit/journal/segments.ts";
import { type Disagreement, disagreements } from "../inventory/at-odds.ts";
import type { Missing, Reached, Surveyed } from "../inventory/survey.ts";
import { type ClassHolding, dueAt, heldByClass } from "../retention/by-class.ts";
import { classOfBackend, classTimes } from "../retention/classes.ts";
import { type ClassTimes, timeOf } from "../snapshot/catalog/retention.ts";
import { isThere } from "../storage/entries.ts";
import { given } from "../units/given.ts";
import { fromMs, fromRfc3339, NS_PER_SECOND } from "../units/range.ts";
import { activityPath } from "./activity-database.ts";
import { askBackends } from "./inventory.ts";
import { readHeldHere } from "./snapshots/held.ts";
import { defineTask, type TaskContext } from "./task/task.ts";
import { readTimeout } from "./task/timeout.ts";

/** Data of one class in one place. Times are ns, moments ns since the epoch. */
interface Holding {
  /** On its server, in snapshots here, as copies in a place, in the log of runs, in the trail. */
  readonly what: "server" | "snapshots" | "copies" | "runs" | "trail";
  /** Absent: no class says how long it is kept, but a time of its own. */
  readonly class?: string;
  readonly backend?: string;
  readonly place?: string;
  readonly kept: bigint;
  /** Snapshots, copies or runs. */
  readonly count?: number;
  readonly bytes?: number;
  readonly oldest?: bigint;
  /** When the time of the oldest is over; absent: there is none. */
  readonly due?: bigint;
  readonly isDue: boolean;
  /** After which time the server deletes it by itself. */
  readonly serverKeeps?: bigint | "unlimited";
}

/** What is shown. */
export interface RetentionShown {
  readonly stack: string;
  /** The one that is kept longest comes first. */
  readonly classes: readonly { readonly name: string; readonly kept: bigint; readonly isDefined: boolean }[];
  readonly holdings: readonly Holding[];
  readonly disagreements: readonly Disagreement[];
  /** Servers that did not say what they hold. */
  readonly missing: readonly Missing[];
  /** Snapshots and parts of them that could not be read. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

export const retentionShow = defineTask({
  kind: "retention_show",
  about: "list what there is of each class of data, when it goes, and where servers do otherwise",
  params: {
    timeout: {
      type: "value",
      hint: "DURATION",
      default: "30s",
      parse: readTimeout,
      about: "how long each backend may take to answer",
    },
  },
  destructive: false,
  recorded: false,
  plan: async ({ timeout }) => ({ timeoutMs: timeout }),
  targets: () => [],
  async run({ timeoutMs }, context) {
    const findings = await askBackends(context, context, timeoutMs);
    const result = await shownOf(findings, context);
    const isWhole = result.missing.length + result.unreadable.length === 0;
    return { result, ending: { outcome: isWhole ? "success" : "partial" } };
  },
});

async function shownOf(findings: readonly Surveyed[], context: TaskContext): Promise<RetentionShown> {
  const { config } = context;
  const now = fromMs(Date.now());
  const times = classTimes(config);
  const held = await readHeldHere(config);
  const reached = findings.filter((one) => one.state === "reached");
  const holdings = [
    ...reached.map((one) => onServer(one, times)),
    ...heldByClass(held, config).map(inSnapshots),
    ...inLog(context),
    ...inTrail(context),
  ].map((one) => ({ ...one, isDue: one.due !== undefined && one.due <= now }));
  return {
    stack: config.name,
    classes: classesIn(holdings, times),
    holdings,
    disagreements: disagreements(findings, config),
    missing: findings.filter((one) => one.state !== "reached"),
    unreadable: held.unreadable,
  };
}

/** Those that are defined, and those that snapshots still have. */
function classesIn(holdings: readonly Holding[], times: ClassTimes): RetentionShown["classes"] {
  const names = new Set([...times.keys(), ...holdings.flatMap((one) => one.class ?? [])]);
  const all = [...names].map((name) => ({ name, kept: timeOf(name, times), isDefined: times.has(name) }));
  return all.sort((a, b) => (a.kept === b.kept ? 0 : a.kept > b.kept ? -1 : 1));
}

type Found = Omit<Holding, "isDue">;

function onServer({ name, open, inventory, size }: Reached, times: ClassTimes): Found {
  const kind = classOfBackend(open, inventory);
  const kept = timeOf(kind, times);
  const { oldest, retention } = inventory;
  return {
    what: "server",
    class: kind,
    backend: name,
    kept,
    ...given({ bytes: size?.bytes, oldest, serverKeeps: retention }),
    ...(oldest === undefined ? {} : { due: oldest + kept }),
  };
}

const inSnapshots = (one: ClassHolding): Found => ({
  what: one.place === undefined ? "snapshots" : "copies",
  class: one.class,
  backend: one.backend,
  ...given({ place: one.place }),
  kept: one.kept,
  count: one.snapshots,
  bytes: one.bytes,
  oldest: one.oldest,
  due: dueAt(one),
});

const DAY = 86_400n * NS_PER_SECOND;

const days = (count: number): bigint =>
  BigInt(Math.round(count * Number(DAY / NS_PER_SECOND))) * NS_PER_SECOND;

/** Runs of models, if any was ever recorded here. */
function inLog({ config }: TaskContext): Found[] {
  const path = activityPath(config);
  if (!isThere(path)) return [];
  const kept = days(config.activity.retention);
  const database = openActivity(path, { isReadOnly: true });
  try {
    const { runs, began } = spanOf(database);
    const oldest = began === undefined ? {} : { oldest: fromMs(began), due: fromMs(began) + kept };
    return [
      { what: "runs", ...given({ class: config.retention.of.activity }), kept, count: runs, ...oldest },
    ];
  } finally {
    database.close();
  }
}

/** Events, if there are any. */
function inTrail({ config, trailFile }: TaskContext): Found[] {
  const oldest = oldestEvent(trailFile);
  if (oldest === undefined) return [];
  const kept = days(config.audit.retention);
  return [
    { what: "trail", ...given({ class: config.retention.of.trail }), kept, oldest, due: oldest + kept },
  ];
}

function oldestEvent(file: string): bigint | undefined {
  if (!isThere(file)) return undefined;
  for (const { text } of trailLines(file)) {
    const event = eventOf(text);
    if (event !== undefined) return fromRfc3339(event.timestamp);
  }
  return undefined;
}
