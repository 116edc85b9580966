/** What of a plan's objects the server holds already, and what becomes of those that differ. */
import type { Existing, Restorer } from "../contract/contract.ts";
import type { ConcurrencyLimit } from "../engine/concurrency-limit.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import {
  type ComparedObjects,
  compareObjects,
  countOf,
  isObjectBlock,
  type SavedObject,
} from "../verify/compare-objects.ts";
import type { PlannedFile } from "./select.ts";

/** What to do where a server has another object than the snapshot: leave it, replace it, or write nothing at all. */
export const EXISTING_POLICIES = ["keep", "replace", "fail"] as const;
/** One of {@link EXISTING_POLICIES}. */
export type ExistingPolicy = (typeof EXISTING_POLICIES)[number];

/** A target's objects beside the server's. */
export interface ComparedTarget {
  /** Absent: the backend cannot compare, or there are no objects. */
  readonly compared?: ComparedObjects;
  /** What the backend is told to do with an object that differs; absent: it cannot tell. */
  readonly existing?: Existing;
  /** The files of the objects that the plan shows as replaced: what is agreed to, and nothing that changes later. */
  readonly replaced?: ReadonlySet<string>;
}

interface Comparing {
  readonly snapshot: OpenSnapshot;
  readonly policy: ExistingPolicy;
  readonly call: ConcurrencyLimit["call"];
  readonly signal: AbortSignal;
}

/** Compares the planned objects. @throws Error when something is asked for that needs it and the backend cannot */
export async function compareTarget(
  files: readonly PlannedFile[],
  { compare }: Restorer,
  { snapshot, policy, call, signal }: Comparing,
): Promise<ComparedTarget> {
  const objects = files.flatMap(objectsOf);
  if (objects.length === 0) return {};
  if (compare === undefined) {
    if (policy === "keep") return {};
    throw new Error(`this backend cannot compare what is there, so --existing ${policy} cannot be heeded`);
  }
  const compared = await compareObjects({ snapshot, objects, compare, call, signal });
  if (policy !== "replace") return { compared, existing: "keep" };
  const replaced = new Set(compared.objects.filter(isInTheWay).map(({ file }) => file));
  return { compared, existing: "replace", replaced };
}

const isInTheWay = ({ state }: ComparedObjects["objects"][number]): boolean =>
  state === "differs" || state === "unknown";

/** What the backend is told to do with an object of this file. One that somebody changed since the plan was made is left. */
export const existingFor = ({ existing, replaced }: ComparedTarget, file: string): Existing | undefined =>
  existing === "replace" && replaced?.has(file) !== true ? "keep" : existing;

const objectsOf = ({ file, blocks }: PlannedFile): SavedObject[] =>
  blocks.filter(isObjectBlock).map((block) => ({ file, block }));

/** The objects of a target in whose place there is another one, or perhaps is. */
export const inTheWay = ({ compared }: ComparedTarget): ComparedObjects["objects"] =>
  (compared?.objects ?? []).filter(isInTheWay);

/** How many objects are overwritten, of all targets. */
export const replacedCount = (targets: readonly ComparedTarget[]): number =>
  targets
    .filter(({ existing }) => existing === "replace")
    .reduce((sum, { compared }) => sum + countOf(compared?.differingCounts ?? {}), 0);

/** Whether all of them would be as the snapshot has them. */
export const leavesNone = ({ compared, existing }: ComparedTarget): boolean =>
  compared === undefined ||
  (countOf(compared.unknownCounts) === 0 &&
    (existing === "replace" || countOf(compared.differingCounts) === 0));
