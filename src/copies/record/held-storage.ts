/**
 * The snapshots that are kept here together with those of which only copies elsewhere are left, as one place: so whatever asks
 * what is kept counts both.
 */
import { join } from "node:path";
import { NotOpenError } from "../../snapshot/format/errors.ts";
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
  /** Whether a place counts. Default: each does. */
  readonly isPlace?: (name: string) => boolean;
  /** A copy that can be read; without it nothing is read but what is known here. */
  readonly copy?: (known: KnownCopy) => Storage | undefined;
}

/** Of several copies of one snapshot the one that was checked last is read. */
export async function heldStorage({
  backups,
  known,
  isPlace = () => true,
  copy,
}: HeldOptions): Promise<Storage> {
  const here = localStorage(backups);
  const elsewhere = new Map<string, Storage>();
  const isHere = (name: string): boolean => isThere(join(backups, name));
  for (const one of copiesElsewhere(await known.list(), { isPlace, isHere })) {
    const manifest = () => known.manifest(one, MANIFEST_BYTES_MAX);
    if ((await manifest()) !== undefined)
      elsewhere.set(one.name, withManifest(copy?.(one) ?? closedCopy(one), manifest));
  }
  return {
    ...here,
    names: async () => [...new Set([...(await here.names()), ...elsewhere.keys()])].sort(),
    within: (name) => elsewhere.get(name) ?? here.within(name),
  };
}

/** Sound copies of what is not here, the one that was checked last at the end. */
export const copiesElsewhere = (
  known: readonly KnownCopy[],
  { isPlace, isHere }: Record<"isPlace" | "isHere", (name: string) => boolean>,
): KnownCopy[] =>
  known.filter(({ place, name, checked }) => isPlace(place) && checked.sound && !isHere(name)).sort(byCheck);

const byCheck = (a: KnownCopy, b: KnownCopy): number => (a.checked.at < b.checked.at ? -1 : 1);

/**
 * The same place with a manifest that was kept when the copy was made or looked at, and proves itself.
 * @param manifest its text, asked for each time: of very many nobody holds them; `undefined`: it is not kept
 */
export const withManifest = (files: Storage, manifest: () => Promise<string | undefined>): Storage => ({
  ...files,
  async read(name, most) {
    const text = name === MANIFEST_FILE ? await manifest() : undefined;
    return text === undefined ? files.read(name, most) : Buffer.from(text);
  },
});

/** A copy of which nothing can be read. */
export function closedCopy({ place, name }: Pick<KnownCopy, "place" | "name">): Storage {
  const root = `${place}:${name}`;
  const refuse = (): never => {
    throw new NotOpenError(`${name} is kept only in ${place}, which is not opened for this`, {
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
