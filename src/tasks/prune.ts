/** Removes the snapshots that a policy does not keep. */
import { type KeptSnapshot, readKept } from "../snapshot/kept/kept.ts";
import { listRemoved, removeSnapshot, sweepRemoved } from "../snapshot/kept/prune.ts";
import { CLASSES, type Decision, isEmpty, type Policy, planPrune } from "../snapshot/kept/retention.ts";
import { parseDuration } from "../units/duration.ts";
import { fromMs } from "../units/range.ts";
import { RefusedError } from "./errors.ts";
import type { ParamValues } from "./param.ts";
import { type Done, defineTask, type Running } from "./task.ts";

const number = (about: string) => ({ type: "value", hint: "N", parse: wholeNumber, about }) as const;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new RangeError(`${text} is not a whole number`);
  return Number(text);
}

const params = {
  "keep-last": number("keep the newest N"),
  "keep-within": {
    type: "value",
    hint: "DURATION",
    parse: parseDuration,
    about: "keep all younger than this",
  },
  "keep-daily": number("keep one of each of the last N days that have one: the fullest"),
  "keep-weekly": number("the same for weeks"),
  "keep-monthly": number("the same for months"),
  "keep-yearly": number("the same for years"),
  "keep-classes": {
    type: "flag",
    about:
      "keep by the data's class: critical 7 years, important 3 years, operational 1 year, transient 30 days",
  },
  "allow-gaps": { type: "flag", about: "also remove a snapshot that holds what no other kept one does" },
} as const;

/** What a prune would do. */
export interface PrunePlan {
  /** Every snapshot, and why it stays; without a reason it goes. */
  readonly decisions: readonly Decision[];
  readonly doomed: readonly KeptSnapshot[];
  /** What removals that were killed left behind: their removal was agreed to when it began. */
  readonly leftovers: readonly string[];
  /** Directories that are left alone, since nobody can say what they hold. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** What a prune did. */
export interface Pruned {
  readonly removed: readonly string[];
  /** Those that were no longer what the plan had seen. */
  readonly changed: readonly string[];
}

export const prune = defineTask({
  kind: "prune",
  about: "remove the snapshots that a policy does not keep",
  params,
  destructive: true,
  async plan(given, { config: { backups } }): Promise<PrunePlan> {
    const policy = policyOf(given);
    if (isEmpty(policy)) {
      throw new RefusedError(
        "a policy that keeps nothing is not carried out",
        "name at least one --keep-… rule",
      );
    }
    const { snapshots, unreadable } = await readKept(backups);
    const decisions = planPrune(snapshots, policy, {
      now: fromMs(Date.now()),
      allowGaps: given["allow-gaps"],
    });
    const doomed = decisions.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
    return { decisions, doomed, leftovers: await listRemoved(backups), unreadable };
  },
  targets: ({ doomed }) =>
    doomed.map(({ path, manifest }) => ({ kind: "snapshot", name: path, identity: manifest.sha256 })),
  details: ({ doomed, leftovers }) => ({
    snapshots: doomed.map(({ path, manifest }) => ({ path, sha256: manifest.sha256 })),
    ...(leftovers.length === 0 ? {} : { leftovers }),
  }),
  run: carryOut,
});

async function carryOut(
  { doomed, leftovers }: PrunePlan,
  { config, signal }: Running,
): Promise<Done<Pruned>> {
  for (const path of leftovers) await sweepRemoved(path);
  const { snapshots } = await readKept(config.backups);
  const now = new Map(snapshots.map(({ path, manifest }) => [path, manifest.sha256]));
  const removed: string[] = [];
  const changed: string[] = [];
  for (const snapshot of doomed) {
    signal.throwIfAborted();
    if (now.get(snapshot.path) !== snapshot.manifest.sha256) {
      changed.push(snapshot.path);
      continue;
    }
    await removeSnapshot(snapshot);
    removed.push(snapshot.path);
  }
  const outcome = changed.length === 0 ? "success" : "partial";
  return {
    result: { removed, changed },
    ending: { outcome, ...(changed.length === 0 ? {} : { details: { changed } }) },
  };
}

function policyOf(given: ParamValues<typeof params>): Policy {
  const rules = {
    last: given["keep-last"],
    within: given["keep-within"],
    daily: given["keep-daily"],
    weekly: given["keep-weekly"],
    monthly: given["keep-monthly"],
    yearly: given["keep-yearly"],
  };
  const named = Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== undefined));
  return { ...named, ...(given["keep-classes"] ? { classes: CLASSES } : {}) };
}
