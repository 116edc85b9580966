/** A snapshot that was written anew without some of its data is the same snapshot, under every hash it ever had. Pure. */
import type { Manifest } from "../format/manifest.ts";

/** What tells of a snapshot's lineage. */
type Descended = Pick<Manifest, "sha256"> & { readonly erased?: Manifest["erased"] | undefined };

/** Every hash that a snapshot's manifest has had, the present one first. */
export const hashesOf = ({ sha256, erased = [] }: Descended): readonly string[] => [
  sha256,
  ...erased.map(({ was }) => was),
];

/** Whether a snapshot has, or ever had, this hash. */
export const isKnownAs = (manifest: Descended, sha256: string | undefined): boolean =>
  sha256 !== undefined && hashesOf(manifest).includes(sha256);

/** Whether a backend was taken out of the snapshot that has, or had, this hash. */
export const isLetGo = (manifest: Descended, sha256: string, backend: string): boolean =>
  isKnownAs(manifest, sha256) &&
  (manifest.erased ?? []).some(({ backends = [] }) => backends.includes(backend));

/** Whether the class of some of its data has expired, and that was taken out, since it had this hash. */
export function isLessByClass({ erased = [] }: Descended, sha256: string): boolean {
  const at = erased.findIndex(({ was }) => was === sha256);
  return at >= 0 && erased.slice(at).some(({ why }) => why === "retention");
}

/** The snapshots without those of which a successor is there, too. */
export function withoutSuperseded<One extends { readonly manifest: Descended }>(
  snapshots: readonly One[],
): One[] {
  const superseded = supersededHashes(snapshots);
  return snapshots.filter(({ manifest }) => !superseded.has(manifest.sha256));
}

/** The hashes that snapshots had before they were written anew. */
const supersededHashes = (snapshots: Iterable<{ readonly manifest: Descended }>): ReadonlySet<string> =>
  new Set([...snapshots].flatMap(({ manifest: { erased = [] } }) => erased.map(({ was }) => was)));
