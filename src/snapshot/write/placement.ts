/** Decides which stored file a plugin's data goes into. Pure, so that a resumed export decides the same. */
import { SnapshotError } from "../format/errors.ts";
import type { FileKind } from "../format/file-totals.ts";
import { collisionKey, partName, pluginFolder, withoutFolder } from "../format/paths.ts";

/**
 * The names that are given and taken in one snapshot. A data file that grows too large goes on in parts: `logs.json`,
 * `logs.000001.json`.
 */
export interface Placement {
  /** The stored file that the next `bytes` of a data file go into. @throws SnapshotError when an object is in the way. */
  locate(plugin: string, file: string, bytes: number): FilePlace;
  /** Where a data file of the plugin begins, uncompressed. */
  base(plugin: string, file: string): string;
  /** A free path for an object: the requested one, or with `-2`, `-3` … before its extension. @throws SnapshotError as above. */
  claim(plugin: string, path: string): FilePlace;
  /**
   * A file that only one step writes, part by part, under a free name as above.
   * @throws SnapshotError when another step writes it
   */
  own(plugin: string, file: string): OwnFile;
  /** What comes next begins new parts. */
  split(): void;
  /** Registers what an earlier run of the same export placed; a file's parts in the order written. */
  restore(plugin: string, stored: PlacedFile): void;
}

/** Where in the snapshot something is stored. Both paths are relative to it, with `/` between parts. */
export interface FilePlace {
  readonly path: string;
  /** The data file that it contains or is a part of; for an object, the path that the plugin asked for. */
  readonly of: string;
}

/** A file of one step, while it is being written. */
export interface OwnFile {
  /** The stored file that its next `bytes` go into. */
  locate(bytes: number): FilePlace;
  /** Frees its names, because nothing of it is kept. */
  release(): void;
}

interface PlacedFile extends FilePlace {
  readonly kind: FileKind;
  readonly bytes: number;
}

/** An instance with its own folder in the snapshot, which contains its plugin's files and folder. */
export interface InstanceFolder {
  readonly plugin: string;
  readonly folder: string;
}

/** What decides the names in one snapshot besides what plugins ask for. */
export interface PlacementOptions {
  /** The instances that write nothing at the top, by name. */
  readonly folders?: ReadonlyMap<string, InstanceFolder>;
  readonly compressed: boolean;
  /** A part that is not empty does not grow beyond this. */
  readonly fileBytesMax?: number;
  /** How many digits the number of a part has, at least. */
  readonly partDigits?: number;
  /** Goes into the name of every part, because other processes that know nothing of this one place steps, too. */
  readonly attempt?: string;
  /** Whether something that this placement does not know of has the name. */
  readonly isTaken?: (path: string) => boolean;
}

interface Part {
  number: number;
  bytes: number;
}

/** Creates the placement of one snapshot. */
export function createPlacement(options: PlacementOptions): Placement {
  const { compressed, fileBytesMax = Number.MAX_SAFE_INTEGER, folders, partDigits } = options;
  const { attempt, isTaken = () => false } = options;
  const nameOf = (first: string, number: number): string =>
    partName(
      attempt === undefined ? first : beforeExtension(first, `.${attempt}`),
      number,
      compressed,
      partDigits,
    );
  const entries = createEntries();
  const owners = new Map<string, string>();
  const parts = new Map<string, Part>();
  const owned = new Set<string>();
  const isFull = (part: Part, bytes: number): boolean => part.bytes > 0 && part.bytes + bytes > fileBytesMax;
  const isFree = (path: string): boolean => !entries.has(path) && !isTaken(path);
  const refuseOwned = (plugin: string, file: string): void => {
    if (owned.has(ownKey(plugin, file)))
      throw new SnapshotError(`${file} cannot be written: another step writes it exclusively`);
  };

  /**
   * A top-level file belongs to the first plugin that writes it; any other plugin's goes into that plugin's own folder. An
   * instance with a folder has everything in there.
   */
  const base = (plugin: string, file: string): string => {
    const own = folders?.get(plugin);
    if (own !== undefined) return `${own.folder}/${withoutFolder(file, own.plugin)}`;
    if (file.includes("/")) return file;
    const owner = owners.get(file) ?? plugin;
    owners.set(file, owner);
    return owner === plugin ? file : `${pluginFolder(plugin)}${file}`;
  };

  return {
    base,
    locate(plugin, file, bytes) {
      refuseOwned(plugin, file);
      const first = base(plugin, file);
      const part = parts.get(first) ?? { number: 0, bytes: 0 };
      const isNew = part.bytes === 0 || isFull(part, bytes);
      let number = isFull(part, bytes) ? part.number + 1 : part.number;
      while (isNew && isTaken(nameOf(first, number))) number += 1;
      const next = { number, bytes: isNew ? bytes : part.bytes + bytes };
      const path = nameOf(first, number);
      entries.add(path, "records");
      parts.set(first, next);
      return { path, of: file };
    },
    claim(plugin, path) {
      const free = numbered(base(plugin, path), isFree);
      entries.add(free, "object");
      return { path: free, of: path };
    },
    own(plugin, file) {
      refuseOwned(plugin, file);
      if (parts.has(base(plugin, file)))
        throw new SnapshotError(`${file} cannot be written: other steps also write it`);
      owned.add(ownKey(plugin, file));
      let part: Part & { path: string } = { number: -1, bytes: fileBytesMax, path: "" };
      const paths: string[] = [];
      const begin = (number: number): string => {
        const path = numbered(nameOf(base(plugin, file), number), isFree);
        entries.add(path, "bytes");
        paths.push(path);
        return path;
      };
      return {
        locate(bytes) {
          const isNew = part.number < 0 || isFull(part, bytes);
          const number = part.number + 1;
          part = isNew ? { number, bytes, path: begin(number) } : { ...part, bytes: part.bytes + bytes };
          return { path: part.path, of: file };
        },
        release() {
          owned.delete(ownKey(plugin, file));
          for (const path of paths) entries.remove(path);
        },
      };
    },
    split() {
      for (const part of parts.values()) part.bytes = Number.MAX_SAFE_INTEGER;
    },
    restore(plugin, { path, of, kind, bytes }) {
      entries.add(path, kind);
      if (kind === "bytes") owned.add(ownKey(plugin, of));
      if (kind !== "records") return;
      const first = base(plugin, of);
      const part = parts.get(first);
      parts.set(first, { number: part === undefined ? 0 : part.number + 1, bytes });
    },
  };
}

const ownKey = (plugin: string, file: string): string => JSON.stringify([plugin, file]);

type Entry = FileKind | "folder";

const NAMES: Readonly<Record<Entry, string>> = {
  records: "a data file",
  object: "a file",
  bytes: "a file",
  folder: "a folder",
};

/** The files and folders of the snapshot, as a file system sees them that ignores case. */
function createEntries() {
  const entries = new Map<string, Entry>();
  const put = (path: string, entry: Entry): void => {
    const key = collisionKey(path);
    const present = entries.get(key);
    const isOne = entry === "object" || entry === "bytes";
    if (present !== undefined && (present !== entry || isOne)) {
      throw new SnapshotError(`${path} cannot be written: ${NAMES[present]} of that name exists`);
    }
    entries.set(key, entry);
  };
  return {
    has: (path: string): boolean => entries.has(collisionKey(path)),
    remove: (path: string): void => void entries.delete(collisionKey(path)),
    add(path: string, entry: FileKind): void {
      const names = path.split("/");
      for (let depth = 1; depth < names.length; depth += 1) put(names.slice(0, depth).join("/"), "folder");
      put(path, entry);
    },
  };
}

/** The first of `a/b.json`, `a/b-2.json`, `a/b-3.json` … that is free. */
function numbered(path: string, isFree: (path: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const one = number === 1 ? path : beforeExtension(path, `-${number}`);
    if (isFree(one)) return one;
  }
}

/** `a/b.json` with `-2` is `a/b-2.json`. */
function beforeExtension(path: string, added: string): string {
  const dot = path.lastIndexOf(".");
  const cut = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
  return `${path.slice(0, cut)}${added}${path.slice(cut)}`;
}
