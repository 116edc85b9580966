/** The result of comparing two snapshots, by backend. */
import type { Manifest } from "../snapshot/format/manifest.ts";
import { sharedName } from "../snapshot/format/paths.ts";
import type { OpenSnapshot } from "../snapshot/read/reader.ts";
import { diffSnapshots, type FileDifference } from "./diff.ts";

/** Records of one kind that one backend has in two snapshots, a and b. */
export interface UnitDifference {
  readonly unit: string;
  /** In b but not in a. */
  readonly more: number;
  /** In a but not in b. */
  readonly fewer: number;
  /** Objects in both that differ. Records have no names to match, so this is 0 for them. */
  readonly changed: number;
  /** Identical in both. */
  readonly both: number;
}

/** What differs in one backend, by unit. */
export interface BackendDifference {
  /** The backend; a file that no manifest lists stands for itself. */
  readonly backend: string;
  readonly equal: boolean;
  readonly units: readonly UnitDifference[];
}

/** What two snapshots differ in, by backend and by file. */
interface Comparison {
  readonly equal: boolean;
  readonly backends: readonly BackendDifference[];
  readonly files: readonly FileDifference[];
}

/** Compares two snapshots record by record. @throws SnapshotError when a block is not what was written */
export async function compareSnapshots(a: OpenSnapshot, b: OpenSnapshot): Promise<Comparison> {
  const files = await diffSnapshots(a, b);
  const backends = summarise(files, [a.manifest, b.manifest]);
  return { equal: backends.every((one) => one.equal), backends, files };
}

/** One for each backend of either snapshot that has files, in the order of the manifests. */
export function summarise(
  files: readonly FileDifference[],
  manifests: readonly Pick<Manifest, "plugins">[],
): BackendDifference[] {
  const owners = ownersOf(manifests);
  const grouped = Map.groupBy(files, ({ file }) => owners.get(file) ?? file);
  const order = [...new Set(owners.values())].filter((backend) => grouped.has(backend));
  const backends = [...new Set([...order, ...grouped.keys()])];
  return backends.map((backend) => {
    const units = [...Map.groupBy(grouped.get(backend) ?? [], ({ unit }) => unit)].map(([unit, some]) =>
      some.map(unitOf).reduce(add, { unit, more: 0, fewer: 0, changed: 0, both: 0 }),
    );
    return { backend, equal: units.every(isEqual), units };
  });
}

const ownersOf = (manifests: readonly Pick<Manifest, "plugins">[]): ReadonlyMap<string, string> =>
  new Map(
    manifests.flatMap(({ plugins }) =>
      plugins.flatMap((plugin) =>
        plugin.files.map(({ path, of }): [string, string] => [sharedName(plugin, of ?? path), plugin.name]),
      ),
    ),
  );

function unitOf({ unit, onlyA, onlyB, both }: FileDifference): UnitDifference {
  const changed = unit === "objects" ? Math.min(onlyA, onlyB) : 0;
  return { unit, more: onlyB - changed, fewer: onlyA - changed, changed, both };
}

const add = (a: UnitDifference, b: UnitDifference): UnitDifference => ({
  unit: a.unit,
  more: a.more + b.more,
  fewer: a.fewer + b.fewer,
  changed: a.changed + b.changed,
  both: a.both + b.both,
});

const isEqual = ({ more, fewer, changed }: UnitDifference): boolean => more + fewer + changed === 0;
