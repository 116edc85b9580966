/** Lets go of everything that is past its time: one plan for snapshots, copies, servers, runs of models, log files and events. */
import type { Config } from "../config/config.ts";
import { readKept } from "../snapshot/catalog/kept.ts";
import { messageOf } from "../units/message-of.ts";
import { fromMs, toRfc3339 } from "../units/range.ts";
import { expireActivity, expireArchived, expireLogs, expireTrail } from "./expire-records.ts";
import { expireServers } from "./expire-servers.ts";
import { expireSnapshots } from "./expire-snapshots.ts";
import { type Due, type Expirer, nothingDue, type Staying } from "./expirer.ts";
import { asListed } from "./list-snapshots.ts";
import { refuseWrongClock, WrongClockError } from "./retention-clock.ts";
import { KEY } from "./snapshots/places.ts";
import { IDENTITY } from "./task/identity.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

/** In this order: what is archived is not let go of before, and what servers let go of is in copies that may be past their time, too. */
const expirersOf = (config: Config): readonly Expirer[] => [
  ...expireArchived(config),
  expireServers,
  expireSnapshots,
  expireActivity,
  ...expireLogs(config),
  expireTrail,
];

const params = {
  only: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    values: ["archive", "servers", "snapshots", "activity", "logs", "trail"],
    about: "only this kind of data (default: every kind)",
  },
  newest: {
    type: "flag",
    about: "also let go of the newest snapshot that holds a configured backend whole",
  },
  key: KEY,
  ...IDENTITY,
} as const;

/** What is due of one kind of data. */
interface DuePart {
  /** What looks after it. */
  readonly of: string;
  readonly due: Due;
}

/** What would go; disposing of it releases what it holds open. */
export interface RetentionPlan extends AsyncDisposable {
  /** By which it was decided, RFC 3339. */
  readonly now: string;
  readonly parts: readonly DuePart[];
}

/** Something that stays, and what looks after it. */
interface StayingOf extends Staying {
  readonly of: string;
}

/** What became of it. */
export interface RetentionResult {
  readonly gone: readonly { readonly of: string; readonly name: string }[];
  readonly stays: readonly StayingOf[];
}

export const retentionApply = defineTask({
  kind: "retention_apply",
  about: "let go of everything that is past the time of its class",
  params,
  opens: (_, { retention, archive }) => ({
    stores: true,
    ...(retention.servers || Object.keys(archive).length > 0 ? {} : { asksNothing: true }),
  }),
  destructive: true,
  async plan(asked, context): Promise<RetentionPlan> {
    const now = fromMs(Date.now());
    refuseWrongClock(now, context.trailFile, (await readKept(context.config.backups, asListed)).snapshots);
    const wanted = expirersOf(context.config).filter(
      ({ name }) => asked.only.length === 0 || asked.only.some((one) => one === name),
    );
    const parts: DuePart[] = [];
    for (const expirer of wanted) {
      const due = await expirer
        .look(context, asked, now)
        .catch((error) => notLooked(expirer, error, context));
      parts.push({ of: expirer.name, due });
    }
    const dispose = async (): Promise<void> => {
      for (const { due } of parts) await due[Symbol.asyncDispose]();
    };
    return { now: toRfc3339(now), parts, [Symbol.asyncDispose]: dispose };
  },
  targets: ({ parts }) =>
    parts.flatMap(({ due }) => due.items.map(({ kind, name, identity }) => ({ kind, name, identity }))),
  details: ({ now, parts }) => ({
    now,
    due: Object.fromEntries(parts.map(({ of, due }) => [of, due.items.length])),
  }),
  async run({ parts }, running): Promise<Done<RetentionResult>> {
    const result = await letGoOf(parts, running);
    const owed = result.stays.filter(({ isOwed }) => isOwed);
    const details = {
      gone: result.gone.length,
      ...(owed.length === 0 ? {} : { owed: owed.map(({ name, reason }) => `${name}: ${reason}`) }),
    };
    return { result, ending: { outcome: owed.length === 0 ? "success" : "partial", details } };
  },
});

/** What one kind of data keeps from being looked at, does not keep the others. @throws WrongClockError, which is about all of them */
function notLooked({ name }: Expirer, error: unknown, { signal }: TaskContext): Due {
  signal.throwIfAborted();
  if (error instanceof WrongClockError) throw error;
  return nothingDue([{ name, reason: `it could not be looked at: ${messageOf(error)}`, isOwed: true }]);
}

async function letGoOf(parts: readonly DuePart[], running: Running): Promise<RetentionResult> {
  const gone: { of: string; name: string }[] = [];
  const stays: StayingOf[] = [];
  for (const { of, due } of parts) {
    const did = (name: string): void => {
      gone.push({ of, name });
      running.did({ gone: gone.map((one) => one.name) });
    };
    const result = await due.letGo(running, did).catch((error) => stopped(of, error, running));
    stays.push(...[...due.stays, ...result.stays].map((one) => ({ of, ...one })));
  }
  return { gone, stays };
}

/** The others go on. */
function stopped(name: string, error: unknown, { signal }: Running) {
  signal.throwIfAborted();
  return { gone: [], stays: [{ name, reason: messageOf(error), isOwed: true as const }] };
}
