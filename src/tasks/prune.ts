/** Removes the snapshots that a policy does not keep. */
import { basename } from "node:path";
import { type KeptSnapshot, readKept } from "../snapshot/catalog/kept.ts";
import { listRemoved, removeSnapshot, sweepRemoved } from "../snapshot/catalog/prune.ts";
import { type Decision, isEmpty, KEPT_FOR, type Policy, planPrune } from "../snapshot/catalog/retention.ts";
import { formatBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { fromMs } from "../units/range.ts";
import { counted } from "../units/words.ts";
import { readWholeNumber } from "./count.ts";
import { RefusedError } from "./errors.ts";
import { withLastWord } from "./last-word.ts";
import type { ParamValues } from "./param.ts";
import { type Done, defineTask, type Running } from "./task.ts";

const number = (about: string) => ({ type: "value", hint: "N", parse: readWholeNumber, about }) as const;

const params = {
  "keep-last": number("keep the newest N"),
  "keep-within": {
    type: "value",
    hint: "DURATION",
    parse: parseDuration,
    about: "keep everything younger than this",
  },
  "keep-daily": number("keep the fullest snapshot of each of the last N days that have any"),
  "keep-weekly": number("the same for weeks"),
  "keep-monthly": number("the same for months"),
  "keep-yearly": number("the same for years"),
  "keep-classes": {
    type: "flag",
    about:
      "keep by the data's class: critical 7 years, important 3 years, operational 1 year, transient 30 days",
  },
  "allow-gaps": { type: "flag", about: "also remove snapshots that hold data which no other kept one holds" },
} as const;

/** What a prune would do. */
export interface PrunePlan {
  /** Every snapshot, and why it stays; without a reason it goes. */
  readonly decisions: readonly Decision[];
  readonly doomed: readonly KeptSnapshot[];
  /** What is left of interrupted removals. Their removal was agreed to when it began. */
  readonly leftovers: readonly string[];
  /** Directories left alone because their contents are unknown. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

/** What a prune did. */
export interface Pruned {
  readonly removed: readonly KeptSnapshot[];
  /** Snapshots that have changed since the plan was made. */
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
  targets: ({ doomed, leftovers }) => [
    ...doomed.map(({ path, manifest }) => ({ kind: "snapshot", name: path, identity: manifest.sha256 })),
    ...leftovers.map((path) => ({ kind: "remains", name: path, identity: path })),
  ],
  details: ({ doomed, leftovers }) => ({
    snapshots: doomed.map(({ path, manifest }) => ({ path, sha256: manifest.sha256 })),
    ...(leftovers.length === 0 ? {} : { leftovers }),
  }),
  run: carryOut,
});

async function carryOut({ doomed, leftovers }: PrunePlan, running: Running): Promise<Done<Pruned>> {
  for (const path of leftovers) await sweepRemoved(path);
  const { snapshots } = await readKept(running.config.backups);
  const now = new Map(snapshots.map(({ path, manifest }) => [path, manifest.sha256]));
  const isSame = ({ path, manifest }: KeptSnapshot): boolean => now.get(path) === manifest.sha256;
  const changed = doomed.filter((one) => !isSame(one)).map(({ path }) => path);
  const removed = await removeAll(doomed.filter(isSame), running);
  const outcome = changed.length === 0 ? "success" : "partial";
  const details = changed.length === 0 ? {} : { details: { changed } };
  return { result: { removed, changed }, ending: { outcome, ...details } };
}

/** Removes them one after another. @throws the error that stopped it, saying what was removed before */
async function removeAll(
  doomed: readonly KeptSnapshot[],
  { signal, did }: Running,
): Promise<readonly KeptSnapshot[]> {
  const gone: KeptSnapshot[] = [];
  try {
    for (const snapshot of doomed) {
      signal.throwIfAborted();
      await removeSnapshot(snapshot, () => {
        gone.push(snapshot);
        did({ removed: gone.map(({ path }) => path) });
      });
    }
  } catch (error) {
    const names = gone.map(({ path }) => basename(path)).join(", ");
    throw gone.length === 0 ? error : withLastWord(error, `${removedText(gone)} (${names}), and no other`);
  }
  return gone;
}

/** `removed 2 snapshots, 3.0 MB` */
export function removedText(gone: readonly KeptSnapshot[]): string {
  const bytes = gone.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  return `removed ${counted(gone.length, "snapshot")}, ${formatBytes(bytes)}`;
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
  return { ...named, ...(given["keep-classes"] ? { classes: KEPT_FOR } : {}) };
}
