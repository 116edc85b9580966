/** What a place does by itself to what is copied there: our rules among those of its store. */
import type { LifecycleRule } from "../contract/contract.ts";
import { DATA_TAG } from "../copies/place/data-tag.ts";
import type { Place } from "../copies/place/place.ts";
import { newestChain } from "../snapshot/catalog/chain.ts";
import { backendsIn } from "../snapshot/catalog/coverage.ts";
import { createdAt, type KeptSnapshot } from "../snapshot/catalog/kept.ts";
import { canonicalJson } from "../units/canonical-json.ts";
import { given } from "../units/given.ts";
import { fromMs, NS_PER_SECOND } from "../units/range.ts";
import { listPlace } from "./list-snapshots.ts";
import { storesFor } from "./snapshots/named-snapshot.ts";
import { openPlace } from "./snapshots/places.ts";
import { RefusedError, UsageError } from "./task/errors.ts";
import { type Done, defineTask, type TaskContext } from "./task/task.ts";

const params = {
  place: {
    type: "positional",
    hint: "PLACE",
    required: true,
    complete: "places",
    local: "paths",
    about: "the store of the configuration whose rules are meant, or its URL",
  },
} as const;

/** What becomes of a rule. */
interface RuleChange {
  readonly id: string;
  readonly change: "add" | "replace" | "keep" | "remove";
  /** As it is to be; of one that is removed, as it was. */
  readonly rule: LifecycleRule;
}

/** What the rules are to be, and what that means for a restore. */
export interface LifecyclePlan {
  readonly place: string;
  /** False: the store does nothing by itself. */
  readonly isSupported: boolean;
  readonly changes: readonly RuleChange[];
  /** What `latest` needs that will lie in an archive by then: it has to be retrieved before it can be read. */
  readonly archived: {
    readonly snapshots: number;
    readonly bytes: number;
    /** How long that takes, for people; absent: it is not known. */
    readonly takes?: string;
  };
  /** Copies that are there before data is first moved: it was marked only if `archive` was set when it was copied. */
  readonly perhapsUnmarked: number;
  readonly open: Place;
  /** The rules that the plan was made from. */
  readonly present: readonly LifecycleRule[];
}

export const lifecycle = defineTask({
  kind: "lifecycle",
  about:
    "set what a place does by itself: data that moves to cheaper storage, uploads and old versions that are removed",
  params,
  opens: ({ place }, config) => ({ ...storesFor([], config, place), asksNothing: true }),
  destructive: true,
  async plan(asked, context): Promise<LifecyclePlan> {
    const open = openPlace(asked.place, context);
    const { archive = [], lifecycle: rules, name: place } = open;
    if (rules === undefined && archive.length > 0)
      throw new UsageError(
        `${place} moves nothing by itself, and \`archive\` is set for it`,
        "remove that setting",
      );
    const present = (await rules?.read()) ?? [];
    const changes = rules === undefined ? [] : changesTo(present, wantedRules(open));
    const kept = archive.length === 0 ? [] : await keptIn(open, context);
    const archived = await archivedOf(open, kept);
    const isNew = changes.some(({ id, change }) => id === DATA_RULE && change === "add");
    const perhapsUnmarked = isNew ? kept.length : 0;
    return { place, isSupported: rules !== undefined, changes, archived, perhapsUnmarked, open, present };
  },
  targets: ({ place, changes }) =>
    changes
      .filter(({ change }) => change !== "keep")
      .map(({ id, change, rule }) => ({
        kind: "lifecycle rule",
        name: `${place}: ${id}`,
        identity: `${change} ${textOf(rule)}`,
      })),
  async run({ open, present, changes }): Promise<Done<{ readonly rules: number }>> {
    const now = (await open.lifecycle?.read()) ?? [];
    if (textOf(now) !== textOf(present))
      throw new RefusedError("somebody else has changed the rules since they were shown", "run it again");
    const wanted = wantedRules(open);
    await open.lifecycle?.write(wanted);
    const details = { rules: changes.map(({ id, change }) => `${change} ${id}`) };
    return { result: { rules: wanted.length }, ending: { outcome: "success", details } };
  },
});

const DATA_RULE = "data";

const DAY = 86_400n * NS_PER_SECOND;

/** Manifests, indexes, checksums and `copy.json` never move: whatever is restored begins with them. */
function wantedRules({ archive = [] }: Pick<Place, "archive">): LifecycleRule[] {
  const data = { id: DATA_RULE, prefix: "", tags: DATA_TAG, transitions: archive };
  const rest = { id: "leftovers", prefix: "", abandonedUploadsAfter: 2n * DAY, noncurrentAfter: 2n * DAY };
  return archive.length === 0 ? [rest] : [data, rest];
}

function changesTo(present: readonly LifecycleRule[], wanted: readonly LifecycleRule[]): RuleChange[] {
  const before = new Map(present.map((rule) => [rule.id, rule]));
  const ids = new Set(wanted.map(({ id }) => id));
  return [
    ...wanted.map((rule): RuleChange => {
      const old = before.get(rule.id);
      const isSame = old !== undefined && textOf(old) === textOf(rule);
      return { id: rule.id, rule, change: old === undefined ? "add" : isSame ? "keep" : "replace" };
    }),
    ...present
      .filter(({ id }) => !ids.has(id))
      .map((rule): RuleChange => ({ id: rule.id, rule, change: "remove" })),
  ];
}

const textOf = (rules: LifecycleRule | readonly LifecycleRule[]): string =>
  canonicalJson(
    JSON.parse(JSON.stringify(rules, (_, value) => (typeof value === "bigint" ? `${value}` : value))),
  );

async function keptIn({ name }: Place, context: TaskContext): Promise<KeptSnapshot[]> {
  const listing = await listPlace(context, name);
  return listing.snapshots.map(({ snapshot }) => snapshot);
}

/** Where something moves to that cannot be read at once, or may be such a place; soonest first. */
async function slowTransitions({ archive = [], lifecycle: rules }: Place) {
  const asked = archive.map(async (one) => ({ ...one, takes: await rules?.retrieval?.(one.storageClass) }));
  const all = await Promise.all(asked);
  // Where the store does not say, the last one is the coldest.
  return rules?.retrieval === undefined ? all.slice(-1) : all.filter(({ takes }) => takes !== undefined);
}

/** Of the chains that `latest` means, what is so old that it cannot be read at once. */
async function archivedOf(
  open: Place,
  snapshots: readonly KeptSnapshot[],
): Promise<LifecyclePlan["archived"]> {
  const now = fromMs(Date.now());
  const slow = await slowTransitions(open);
  const reached = (one: KeptSnapshot) => slow.findLast(({ after }) => now - createdAt(one) > after);
  const needed = new Map<string, KeptSnapshot>();
  for (const backend of backendsIn(snapshots))
    for (const { snapshot } of newestChain({ snapshots, unreadable: [] }, backend)?.links ?? [])
      if (reached(snapshot) !== undefined) needed.set(snapshot.path, snapshot);
  const bytes = [...needed.values()].reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  const coldest = slow.findLast((one) => [...needed.values()].some((kept) => reached(kept) === one));
  return { snapshots: needed.size, bytes, ...given({ takes: coldest?.takes }) };
}
