/**
 * What is held, here and as copies elsewhere, as far as manifests tell and without what is long in them. A file that has not changed is not
 * read again, and what was read is kept for the next process that asks.
 */
import { join } from "node:path";
import * as v from "valibot";
import { closedCopy, copiesElsewhere, withManifest } from "../../copies/record/held-storage.ts";
import { type KnownCopies, type KnownCopy, knownCopySchema } from "../../copies/record/known-copies.ts";
import { byAge, byPath, keptAt, namesOf } from "../../snapshot/catalog/kept.ts";
import { withoutSuperseded } from "../../snapshot/catalog/lineage.ts";
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../../snapshot/format/limits.ts";
import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { fileMark, isUnmarked } from "../../storage/entries.ts";
import { localStorage } from "../../storage/local.ts";
import type { Storage } from "../../storage/storage.ts";
import { given } from "../../units/given.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { isMissing, systemCode } from "../../units/system-refusal.ts";
import { type HeldRows, heldRowsOf } from "./held-rows.ts";
import { copiesKnownTo, type Holder, isPlaceOf } from "./holdings.ts";
import { type HeldSnapshot, slimmed, slimSchema } from "./slim.ts";

/** What is held. */
export interface HeldSnapshots {
  /** Oldest first. */
  readonly snapshots: readonly HeldSnapshot[];
  /** What looks like a snapshot and is none, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
  /** Every copy that is known of, by name. */
  readonly copies: readonly KnownCopy[];
  /** Something could not be read, which may be so for a moment only, and no file need change when it is over. */
  readonly isPassing: boolean;
}

/** The same with what a service keeps, if one has ever run. @throws SnapshotError when the snapshots directory cannot be read */
export async function readHeldHere(config: Holder): Promise<HeldSnapshots> {
  using rows = heldRowsOf(config.directory);
  return await readHeld(config, rows);
}

/** What was read of a file. Nothing: it is not there, or says nothing that counts. */
const valueSchema = v.object({
  slim: v.optional(slimSchema),
  /** Why it is no manifest. */
  reason: v.optional(v.string()),
  copy: v.optional(knownCopySchema),
});
type Value = Readonly<v.InferOutput<typeof valueSchema>>;

interface Seen extends Value {
  /** The system refused: what is in the file is not known, and this is not kept. */
  readonly isPassing?: boolean;
}

interface HeldFile {
  readonly path: string;
  /** The snapshot's. */
  readonly name: string;
  /** Of a copy. */
  readonly place?: string;
  read(): Promise<Seen>;
}

interface MarkedFile extends HeldFile {
  readonly mark: string;
}

/** @param rows what was read before @throws SnapshotError when the snapshots directory cannot be read */
export async function readHeld(config: Holder, rows: HeldRows): Promise<HeldSnapshots> {
  const files = (await filesOf(config)).map((file) => ({ ...file, mark: fileMark(file.path) }));
  const values = valuesIn(files, rows);
  const fresh = await inParallel(
    files.filter(({ path }) => !values.has(path)),
    async ({ path, mark, read }) => {
      const value = await read();
      values.set(path, value);
      const isPassing = value.isPassing === true || isUnmarked(mark);
      return { path, mark, value: JSON.stringify(value), isPassing };
    },
  );
  const lasting = fresh.filter(({ isPassing }) => !isPassing);
  const there = new Set(files.map(({ path }) => path));
  const gone = [...rows.marks().keys()].filter((path) => !there.has(path));
  if (lasting.length + gone.length > 0) rows.change(lasting, gone);
  const held = heldOf(config, files, (path) => values.get(path) ?? {});
  return { ...held, isPassing: lasting.length < fresh.length };
}

/** Of the files that have not changed since it was read. */
function valuesIn(files: readonly MarkedFile[], rows: HeldRows): Map<string, Value> {
  const marks = new Map(files.map(({ path, mark }) => [path, mark]));
  const values = new Map<string, Value>();
  for (const { path, mark, value } of rows.all()) {
    const read = marks.get(path) === mark ? valueIn(value) : undefined;
    if (read !== undefined) values.set(path, read);
  }
  return values;
}

function valueIn(text: string): Value | undefined {
  try {
    return v.parse(valueSchema, JSON.parse(text));
  } catch {
    return undefined; // it is read from where it comes from
  }
}

/** Manifests here, what is known of copies, and manifests that were kept of them. */
async function filesOf({ backups, directory }: Holder): Promise<HeldFile[]> {
  const here = localStorage(backups);
  const names = (await namesOf(here)).filter((name) => SNAPSHOT_NAME.test(name));
  const copies = copiesKnownTo({ directory });
  const ownFile = (name: string): HeldFile => ({
    path: join(backups, name, MANIFEST_FILE),
    name,
    read: () => slimIn(here.within(name)),
  });
  const filesOfCopy = ({
    state,
    manifest,
    ...copy
  }: Awaited<ReturnType<KnownCopies["files"]>>[number]): HeldFile[] => [
    { ...copy, path: state, read: async () => orPassing(given({ copy: await copies.find(copy) }), state) },
    {
      ...copy,
      path: manifest,
      async read() {
        const text = await copies.manifest(copy, MANIFEST_BYTES_MAX);
        return text === undefined
          ? orPassing({}, manifest)
          : slimIn(withManifest(closedCopy(copy), async () => text));
      },
    },
  ];
  return [...names.map(ownFile), ...(await copies.files()).flatMap(filesOfCopy)];
}

/** Of a file that is there and says nothing, why it does not is not told: it may be read another time. */
const orPassing = (value: Value, path: string): Seen =>
  Object.keys(value).length === 0 && fileMark(path) !== "" ? { isPassing: true } : value;

/** What cannot be credited is told, and not read again until it changes; what cannot be read is. */
async function slimIn(files: Storage): Promise<Seen> {
  try {
    return { slim: slimmed((await keptAt(files)).manifest) };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const { cause } = error;
    return { reason: error.message, isPassing: systemCode(cause) !== undefined && !isMissing(cause) };
  }
}

/** Of several copies of one snapshot the one that was checked last counts, as wherever it is read. */
function heldOf(
  config: Holder,
  files: readonly HeldFile[],
  known: (path: string) => Value,
): Omit<HeldSnapshots, "isPassing"> {
  const [ofCopies, here] = [
    files.filter(({ place }) => place !== undefined),
    files.filter(({ place }) => place === undefined),
  ];
  const copies = ofCopies
    .flatMap(({ path }) => known(path).copy ?? [])
    .filter(({ gone }) => gone === undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = new Set(here.map(({ name }) => name));
  const seen = new Map<string, { readonly path: string; readonly isHere: boolean; readonly value: Value }>();
  for (const { name, path } of here)
    seen.set(name, { path: join(config.backups, name), isHere: true, value: known(path) });
  const manifests = new Map(ofCopies.map(({ place, name, path }) => [`${place}:${name}`, path]));
  for (const { place, name } of copiesElsewhere(copies, {
    isPlace: isPlaceOf(config),
    isHere: (one) => names.has(one),
  })) {
    const value = known(manifests.get(`${place}:${name}`) ?? "");
    if (value.slim !== undefined || value.reason !== undefined)
      seen.set(name, { path: `${place}:${name}`, isHere: false, value });
  }
  const all = [...seen.values()];
  return {
    snapshots: withoutSuperseded(
      all.flatMap(({ value: { slim }, path, isHere }) =>
        slim === undefined ? [] : [{ path, isHere, manifest: slim }],
      ),
    ).sort(byAge),
    unreadable: all
      .flatMap(({ value: { reason }, path }) => (reason === undefined ? [] : [{ path, reason }]))
      .sort(byPath),
    copies,
  };
}
