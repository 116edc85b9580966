/**
 * The end of an export straight into a place: index, manifest and sums, a last look, `copy.json`, and only then the bookkeeping
 * goes. All of it follows from the commits, so whoever is interrupted here goes on where he was.
 */
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { type Manifest, parseManifest } from "../../snapshot/format/manifest.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { readableManifest } from "../../snapshot/write/partial.ts";
import { isBookkeeping, MANIFEST_COMMIT, PLAN_FILE, plainName } from "../format/bookkeeping.ts";
import { COPY_FILE, type CopyObject } from "../format/copy-file.ts";
import { formatSums, SUMS_FILE } from "../format/sums.ts";
import { removeObjects } from "../place/remove-copy.ts";
import { type FoundCopy, findCopy } from "../read/find-copy.ts";
import { asItIs, fromMemory, type Outgoing, type StoredForm } from "../write/outgoing.ts";
import { trySend } from "../write/send.ts";
import { concludeCopy, described } from "../write/write-copy.ts";
import type { StraightOptions } from "./options.ts";
import type { StraightExport } from "./plan.ts";
import type { StraightState } from "./state.ts";

interface FinishOptions extends StraightOptions, StraightExport {
  readonly state: Pick<StraightState, "index" | "objects">;
}

type Where = Pick<FinishOptions, "place" | "name">;

/** A snapshot that went straight into a place. */
export interface StraightSnapshot extends FoundCopy {
  readonly manifest: Manifest;
  /** Its manifest's text. */
  readonly text: string;
}

/** Decides what the snapshot says of itself, and makes it. @throws SnapshotError; PluginError */
export async function finishStraight(
  claims: Omit<Manifest, "sha256">,
  options: FinishOptions,
): Promise<StraightSnapshot> {
  const { place, name, book } = options;
  const { text } = readableManifest(claims, place.shown(name));
  if ((await book.write(MANIFEST_COMMIT, { text })) === "taken") throw taken(options, MANIFEST_COMMIT);
  return concludeStraight(text, options);
}

/** Makes the snapshot that was decided on. @param text of its manifest @throws SnapshotError; PluginError */
export async function concludeStraight(text: string, options: FinishOptions): Promise<StraightSnapshot> {
  const { place, name, state, form } = options;
  const manifest = parseManifest(text, place.shown(`${name}/${MANIFEST_FILE}`));
  const files = manifest.plugins.flatMap((plugin) => plugin.files);
  const objects: CopyObject[] = [
    await put(fromMemory(MANIFEST_FILE, Buffer.from(text)), form, options),
    await put(indexFile(state, manifest), form, options),
  ];
  for (const { path, blocks } of files) {
    const object = state.objects.get(path);
    if (object === undefined && blocks > 0)
      throw new SnapshotError(`${place.shown(name)}: no commit names ${path}, which its manifest lists`);
    objects.push(object ?? (await put(fromMemory(path, new Uint8Array(0)), form, options)));
  }
  objects.push(await put(fromMemory(SUMS_FILE, Buffer.from(formatSums(objects))), asItIs, options));
  await clearAway(options, new Set(objects.map((object) => object.name)));
  const copy = await concludeCopy(options, { manifest: manifest.sha256, objects });
  await dropBookkeeping(options);
  return { ...copy, manifest, text };
}

async function put(file: Outgoing, form: StoredForm, options: FinishOptions): Promise<CopyObject> {
  const { place, name: folder } = options;
  const stored = await form(file);
  if ((await trySend({ place, folder, file: stored, replaces: false })) === "taken")
    throw taken(options, stored.name);
  return described(stored);
}

const PIECE_BYTES = 1 << 20;

const indexFile = ({ index }: Pick<StraightState, "index">, { index: claims }: Manifest): Outgoing => ({
  name: INDEX_FILE,
  bytes: claims.bytes,
  sha256: claims.sha256,
  isChecked: false,
  async *pieces() {
    const file = index.file();
    for (let at = 0; at < claims.bytes; at += PIECE_BYTES) {
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, claims.bytes - at));
      await file.read(piece, at);
      yield piece;
    }
  },
});

/** Removes what attempts have left that came to nothing: everything was committed, so none of them can still count. */
async function clearAway({ place, name }: Where, named: ReadonlySet<string>): Promise<void> {
  const left = [...(await place.list(`${name}/`)).keys()].filter((object) => {
    const own = object.slice(name.length + 1);
    return own !== COPY_FILE && !named.has(own) && !isBookkeeping(own);
  });
  // What the place has locked stays, until a prune may take it.
  await removeObjects(place, left);
}

/** The plan goes last: by it is known that something is left to be cleared away. Before it, what the snapshot says of itself. */
async function dropBookkeeping({ place, name }: Where): Promise<void> {
  const objects = [...(await place.list(`${name}/`)).keys()];
  const left = objects.filter((object) => isBookkeeping(object.slice(name.length + 1)));
  const last = [MANIFEST_COMMIT, PLAN_FILE].map((own) => `${name}/${own}`);
  const isLast = (object: string): boolean => last.includes(plainName(object));
  await removeObjects(
    place,
    left.filter((object) => !isLast(object)),
  );
  for (const object of left.filter(isLast).sort()) await removeObjects(place, [object]);
}

/** Removes an export of which nothing is to be kept. @throws PluginError */
export async function discardStraight(where: Where): Promise<void> {
  await clearAway(where, new Set());
  await dropBookkeeping(where);
}

/**
 * Clears away what is left of an export whose copy stands.
 * @returns the copy; `undefined`: it does not stand @throws SnapshotError when so little is left that nothing was to be done
 */
export async function finishedStraight(
  options: Pick<FinishOptions, "place" | "name" | "book">,
): Promise<StraightSnapshot | undefined> {
  const { place, name, book } = options;
  const found = await findCopy(place, name);
  if (found === undefined) return undefined;
  const [decided] = (await place.list(`${name}/${MANIFEST_COMMIT}`)).values();
  const said = decided && (await book.read(decided.name.slice(name.length + 1), decided.size));
  await dropBookkeeping(options);
  if (typeof said?.text !== "string") throw new SnapshotError(`${place.shown(name)} is finished already`);
  const manifest = parseManifest(said.text, place.shown(`${name}/${MANIFEST_FILE}`));
  return { ...found, manifest, text: said.text };
}

const taken = ({ place, name }: Pick<FinishOptions, "place" | "name">, object: string): SnapshotError =>
  new SnapshotError(`${place.shown(`${name}/${object}`)} is there, and holds something else`, {
    hint: "Another process has finished this export, or is about to: resume it once that has ended.",
  });
