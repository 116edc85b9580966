/**
 * The snapshots that are kept here together with those of which only copies elsewhere are left, as one place: so whatever asks
 * what is kept counts both.
 */
import { join } from "node:path";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../../snapshot/format/limits.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { isThere } from "../../storage/entries.ts";
import { localStorage } from "../../storage/local.ts";
import type { Storage } from "../../storage/storage.ts";
import { readOnly } from "../read/read-only.ts";
import type { KnownCopies, KnownCopy } from "./known-copies.ts";

interface HeldOptions {
  /** The snapshots directory. */
  readonly backups: string;
  readonly known: KnownCopies;
  /** A copy that can be read; without it nothing is read but what is known here. */
  readonly copy?: (known: KnownCopy) => Storage | undefined;
}

/** Of several copies of one snapshot the one that was checked last is read. */
export async function heldStorage({ backups, known, copy }: HeldOptions): Promise<Storage> {
  const here = localStorage(backups);
  const elsewhere = new Map<string, Storage>();
  const sound = (await known.list()).filter(({ checked }) => checked.sound).sort(byCheck);
  for (const one of sound) {
    if (isThere(join(backups, one.name))) continue;
    const manifest = await known.manifest(one, MANIFEST_BYTES_MAX);
    if (manifest !== undefined) elsewhere.set(one.name, withManifest(copy?.(one) ?? closed(one), manifest));
  }
  return {
    ...here,
    names: async () => [...new Set([...(await here.names()), ...elsewhere.keys()])].sort(),
    within: (name) => elsewhere.get(name) ?? here.within(name),
  };
}

const byCheck = (a: KnownCopy, b: KnownCopy): number => (a.checked.at < b.checked.at ? -1 : 1);

/** The same place with a manifest that was kept when the copy was made or looked at, and proves itself. */
export const withManifest = (files: Storage, manifest: string): Storage => ({
  ...files,
  read: async (name, most) => (name === MANIFEST_FILE ? Buffer.from(manifest) : files.read(name, most)),
});

function closed({ place, name }: KnownCopy): Storage {
  const root = `${place}:${name}`;
  const refuse = (): never => {
    throw new SnapshotError(`${name} is kept only in ${place}, which is not opened for this`, {
      hint: `Name it ${root}.`,
    });
  };
  const refused = async (): Promise<never> => refuse();
  return {
    ...readOnly(root),
    shown: (file) => `${root}/${file}`,
    names: async () => [MANIFEST_FILE],
    read: refused,
    open: refused,
    stat: refused,
    list: refuse,
  };
}
