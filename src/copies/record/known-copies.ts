/**
 * What is known of copies without asking their places: by this a copy counts as holding what it holds. It lies beside the trail,
 * and is renewed whenever a place is written to, looked at or verified. What cannot be read of it is as if it were not known.
 */
import { join } from "node:path";
import * as v from "valibot";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { timeSchema } from "../../snapshot/format/range-text.ts";
import { localStorage } from "../../storage/local.ts";
import type { Storage } from "../../storage/storage.ts";
import { given } from "../../units/given.ts";
import { fromRfc3339 } from "../../units/range.ts";

/**
 * - `listed`: every object is there, with its size and the checksum that the store knows.
 * - `part`: a part of the blocks was read.
 * - `whole`: all of them were.
 */
export const CHECK_DEPTHS = ["listed", "part", "whole"] as const;

const momentSchema = v.pipe(
  timeSchema,
  v.check((text) => isTime(text)),
);

const isTime = (text: string): boolean => {
  try {
    return fromRfc3339(text) >= 0n;
  } catch {
    return false;
  }
};

const wholeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const knownSchema = v.object({
  /** SHA-256 of `copy.json`. */
  copy: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** The `sha256` of the snapshot's manifest. */
  manifest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  bytes: wholeSchema,
  objects: wholeSchema,
  checked: v.object({ at: momentSchema, depth: v.picklist(CHECK_DEPTHS), sound: v.boolean() }),
  /** When all of its data was last known to be right: written, each object checked, or read as a whole. */
  proved: v.optional(momentSchema),
  /** It was not there when its place was last looked at: its disk may not have been. */
  gone: v.optional(v.literal(true)),
});

/** A {@link KnownCopy} that was kept elsewhere. */
export const knownCopySchema = v.object({ ...knownSchema.entries, place: v.string(), name: v.string() });

/** What was last seen of a copy. */
type KnownState = Readonly<v.InferOutput<typeof knownSchema>>;

/** A copy that is known of. */
export interface KnownCopy extends KnownState {
  readonly place: string;
  /** The snapshot's. */
  readonly name: string;
}

/** The copies that a project knows of. */
export interface KnownCopies {
  /** Those that were there when they were last looked for, of one place or of all; oldest first. */
  list(place?: string): Promise<KnownCopy[]>;
  /** Where what is known of each copy lies, also of those that are gone. */
  files(): Promise<CopyFiles[]>;
  /** One copy, also one that is gone. */
  find(copy: CopyName): Promise<KnownCopy | undefined>;
  /** The manifest of a known copy, as text. `undefined` when it was not kept. */
  manifest(copy: CopyName, most: number): Promise<string | undefined>;
  /** Keeps what was seen of a copy, as far as it tells more than what is known: see {@link afterLook}. @param manifest its text; absent: the one that is kept stays */
  remember(seen: KnownCopy, manifest?: string): Promise<void>;
  /** It is not in its place. That its data is damaged is remembered all the same, in case that it comes back. */
  lose(copy: KnownCopy): Promise<void>;
  /** It was removed. */
  forget(copy: CopyName): Promise<void>;
}

type CopyName = Pick<KnownCopy, "place" | "name">;

interface CopyFiles extends CopyName {
  /** Paths; the second need not be there. */
  readonly state: string;
  readonly manifest: string;
}

/** Larger than any of them. Bytes */
const STATE_BYTES_MAX = 64 << 10;

const STATE = ".json";
const MANIFEST = ".manifest.json";

/** Where it lies in the project. */
export const COPIES_FOLDER = join(".contextcore", "copies");

/** What the project knows of its copies. @param directory the project's */
export function knownCopies(directory: string): KnownCopies {
  const root = localStorage(join(directory, COPIES_FOLDER));
  const write = ({ place, name, ...state }: KnownCopy): Promise<unknown> =>
    root.write(`${place}/${name}${STATE}`, `${JSON.stringify(state)}\n`);
  const find = async ({ place, name }: CopyName): Promise<KnownCopy | undefined> => {
    if (!isConfigured(place)) return undefined;
    const state = parsed(await textOf(root.within(place), `${name}${STATE}`, STATE_BYTES_MAX));
    return state && { place, name, ...state };
  };
  const forget = async ({ place, name }: CopyName): Promise<void> => {
    if (!isConfigured(place)) return;
    const files = root.within(place);
    await files.remove(`${name}${STATE}`);
    await files.remove(`${name}${MANIFEST}`);
  };
  const named = async (place?: string): Promise<CopyName[]> => {
    const places =
      place === undefined ? (await names(root)).filter((name) => !name.startsWith(".")) : [place];
    const found = await Promise.all(places.map(async (one) => copyNames(await names(root.within(one)), one)));
    return found.flat();
  };
  return {
    async list(place) {
      if (place !== undefined && !isConfigured(place)) return [];
      const known = await Promise.all((await named(place)).map(find));
      return known
        .flatMap((one) => (one === undefined || one.gone ? [] : one))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async files() {
      const pathOf = ({ place, name }: CopyName, end: string) => join(root.root, place, `${name}${end}`);
      return (await named()).map((one) => ({
        ...one,
        state: pathOf(one, STATE),
        manifest: pathOf(one, MANIFEST),
      }));
    },
    find,
    manifest: ({ place, name }, most) => textOf(root.within(place), `${name}${MANIFEST}`, most),
    async remember(seen, manifest) {
      if (!isConfigured(seen.place)) return;
      if (manifest !== undefined) await root.write(`${seen.place}/${seen.name}${MANIFEST}`, manifest);
      await write(afterLook(await find(seen), seen));
    },
    lose: async (copy) => void (await (hasDamagedData(copy) ? write({ ...copy, gone: true }) : forget(copy))),
    forget,
  };
}

/** Of places that a URL names nothing is kept: the next command may mean another one. */
const isConfigured = (place: string): boolean => /^[a-z0-9-]+$/.test(place);

/** Damage that was found in its data, or may have been. */
export const hasDamagedData = ({ checked }: KnownCopy): boolean =>
  !checked.sound && checked.depth !== "listed";

/**
 * What is known of a copy after another look at it. Names and sizes say nothing of its data: that this is damaged stays known until all
 * of it has been read and is right, or written anew, whatever its `copy.json` is by now.
 */
function afterLook(before: KnownCopy | undefined, seen: KnownCopy): KnownCopy {
  const isSame = before?.copy === seen.copy;
  const isJudged = seen.checked.depth === "whole" || seen.proved !== undefined;
  if (before !== undefined && hasDamagedData(before) && !isJudged) {
    const { gone: _, ...known } = before;
    return known;
  }
  return { ...seen, ...given({ proved: seen.proved ?? (isSame ? before.proved : undefined) }) };
}

const copyNames = (files: readonly string[], place: string): CopyName[] =>
  files
    .map((file) => file.slice(0, -STATE.length))
    .filter((name) => SNAPSHOT_NAME.test(name))
    .map((name) => ({ place, name }));

const names = (files: Storage): Promise<string[]> => files.names().catch(() => []);

async function textOf(files: Storage, name: string, most: number): Promise<string | undefined> {
  try {
    return Buffer.from(await files.read(name, most)).toString();
  } catch {
    return undefined;
  }
}

function parsed(text: string | undefined): KnownState | undefined {
  try {
    return text === undefined ? undefined : v.parse(knownSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}
