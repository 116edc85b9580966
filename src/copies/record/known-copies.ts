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
import { fromRfc3339 } from "../../units/range.ts";

/**
 * - `listed`: every object is there, with its size and the checksum that the store knows.
 * - `part`: a part of the blocks was read.
 * - `whole`: all of them were.
 */
export const CHECK_DEPTHS = ["listed", "part", "whole"] as const;

const wholeSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const knownSchema = v.object({
  /** SHA-256 of `copy.json`. */
  copy: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** The `sha256` of the snapshot's manifest. */
  manifest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  bytes: wholeSchema,
  objects: wholeSchema,
  checked: v.object({
    at: v.pipe(
      timeSchema,
      v.check((text) => isTime(text)),
    ),
    depth: v.picklist(CHECK_DEPTHS),
    sound: v.boolean(),
  }),
});

const isTime = (text: string): boolean => {
  try {
    return fromRfc3339(text) >= 0n;
  } catch {
    return false;
  }
};

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
  /** Of one place, or of all; oldest first. */
  list(place?: string): Promise<KnownCopy[]>;
  /** The manifest of a known copy, as text. `undefined` when it was not kept. */
  manifest(copy: Pick<KnownCopy, "place" | "name">, most: number): Promise<string | undefined>;
  /** Keeps what was seen of a copy. @param manifest its text; absent: the one that is kept stays */
  remember(copy: KnownCopy, manifest?: string): Promise<void>;
  forget(copy: Pick<KnownCopy, "place" | "name">): Promise<void>;
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
  const placesKnown = async (): Promise<string[]> =>
    (await names(root)).filter((name) => !name.startsWith("."));
  return {
    async list(place) {
      const places = place === undefined ? await placesKnown() : [place];
      const found = await Promise.all(places.map((one) => listed(root.within(one), one)));
      return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    manifest: ({ place, name }, most) => textOf(root.within(place), `${name}${MANIFEST}`, most),
    async remember({ place, name, ...state }, manifest) {
      if (manifest !== undefined) await root.write(`${place}/${name}${MANIFEST}`, manifest);
      await root.write(`${place}/${name}${STATE}`, `${JSON.stringify(state)}\n`);
    },
    async forget({ place, name }) {
      const files = root.within(place);
      await files.remove(`${name}${STATE}`);
      await files.remove(`${name}${MANIFEST}`);
    },
  };
}

async function listed(files: Storage, place: string): Promise<KnownCopy[]> {
  const all = (await names(files)).map((file) => file.slice(0, -STATE.length));
  const known = await Promise.all(
    all
      .filter((name) => SNAPSHOT_NAME.test(name))
      .map(async (name) => ({
        name,
        state: parsed(await textOf(files, `${name}${STATE}`, STATE_BYTES_MAX)),
      })),
  );
  return known.flatMap(({ name, state }) => (state === undefined ? [] : [{ place, name, ...state }]));
}

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
