/** Saves old data, copies it into its place, and reads the copy: only then is it archived. */
import { nameOf } from "../snapshot/catalog/chain.ts";
import { snapshotsOf } from "../snapshot/catalog/chain-claims.ts";
import { fileOf } from "../snapshot/format/block.ts";
import { kindOf } from "../snapshot/format/file-totals.ts";
import { openSnapshot } from "../snapshot/read/reader.ts";
import type { Archivable } from "./archivable.ts";
import { archivedOf, type Begun, noteArchived } from "./archived.ts";
import { copy } from "./copy.ts";
import { exportStack } from "./export.ts";
import { SEALED_HERE } from "./owed.ts";
import { RefusedError } from "./task/errors.ts";
import type { Running } from "./task/task.ts";
import { type Verified, verdictOn, verify } from "./verify.ts";

/** How copies are read. */
export interface CopyReading {
  readonly key: readonly string[];
  readonly identity: string | undefined;
  readonly "passphrase-file": string | undefined;
}

/** What is saved, and proved in its place. */
export interface ProvedArchive extends Begun {
  /** The snapshot's name, here and there. */
  readonly name: string;
}

/** @throws Error when one of that is not whole: nothing is to be let go of then */
export async function proved(
  item: Archivable,
  reading: CopyReading,
  running: Running,
): Promise<ProvedArchive> {
  const begun = item.begun ?? (await saved(item, running));
  await running.part(copy, { snapshot: [begun.path], to: item.to });
  const name = nameOf(begun);
  const verified = await running.part(verify, { snapshot: `${item.to}:${name}`, ...reading });
  // It was checked as it is stored, which says nothing of what is in it.
  if (verified.chosen === undefined && verdictOn(verified) === "equal") throw new RefusedError(SEALED_HERE);
  const [there] = verified.chosen === undefined ? [] : snapshotsOf(verified.chosen.chains);
  if (verdictOn(verified) !== "equal" || there?.manifest.sha256 !== begun.sha256)
    throw new RefusedError(`the copy ${item.to}:${name} is not proved: ${flawsIn(verified)}`);
  return { ...begun, name };
}

const flawsIn = ({ reports, distrusted }: Verified): string =>
  [
    ...reports.flatMap(({ flaws }) => flaws.slice(0, 3).map(({ message }) => message)),
    ...distrusted.map(({ reason }) => reason),
  ].join("; ") || "it is not what was saved";

/** What it has saved is known from now on: whoever is interrupted goes on with that, and saves nothing twice. */
async function saved(item: Archivable, running: Running): Promise<Begun> {
  const { backend, from, before, to } = item;
  const { manifest, path } = await running.part(exportStack, { plugin: [backend], from, to: before });
  if (path === undefined || manifest.status !== "complete")
    throw new RefusedError(
      `${backend} was not saved whole, so nothing was archived: ${problemsIn(manifest, backend)}`,
    );
  const begun = { path, sha256: manifest.sha256, from, before };
  noteArchived(running.config, backend, { ...archivedOf(running.config, backend, to), place: to, begun });
  return begun;
}

const problemsIn = (
  {
    plugins,
  }: {
    readonly plugins: readonly { readonly name: string; readonly problems: readonly { reason: string }[] }[];
  },
  backend: string,
): string =>
  plugins
    .filter(({ name }) => name === backend)
    .flatMap(({ problems }) => problems.map(({ reason }) => reason))
    .join(" ") || "it did not answer";

/** What stands for the lines of each data file of a backend: their SHA-256. @throws SnapshotError when it is not what was written */
export async function linesIn(
  { path }: Pick<ProvedArchive, "path">,
  backend: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashers = new Map<string, Bun.CryptoHasher>();
  const snapshot = await openSnapshot(path);
  try {
    for await (const { plugin, block } of snapshot.blocks()) {
      if (plugin !== backend || kindOf(block) !== "records") continue;
      signal.throwIfAborted();
      const hasher = hashers.get(fileOf(block)) ?? new Bun.CryptoHasher("sha256");
      hashers.set(fileOf(block), hasher);
      hasher.update(await snapshot.read(block));
    }
  } finally {
    await snapshot.close();
  }
  return new Map([...hashers].map(([file, hasher]) => [file, hasher.digest("hex")]));
}

/** What a snapshot holds of a backend, by unit. */
export async function countsSaved({ path }: Pick<ProvedArchive, "path">, backend: string) {
  const snapshot = await openSnapshot(path);
  await snapshot.close();
  return snapshot.manifest.plugins.find(({ name }) => name === backend)?.counts ?? {};
}
