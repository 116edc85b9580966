/** Tombstones on their way into a place, before anything is removed there. */

import { explaining, openErased } from "../../retention/tombstones/database.ts";
import { readKey } from "../../retention/tombstones/key.ts";
import { tombstonePaths } from "../../retention/tombstones/tombstones.ts";
import { isThere } from "../../storage/entries.ts";
import { plainName } from "../format/bookkeeping.ts";
import type { Place } from "../place/place.ts";
import { fromMemory, type StoredForm } from "../write/outgoing.ts";
import { send } from "../write/send.ts";
import {
  batchesNamed,
  coveredBy,
  ERASED_FOLDER,
  KEY_NAME,
  nameOfBatches,
  STORED_MAX,
  toStored,
} from "./stored-list.ts";

/**
 * Gives a place the tombstones that it lacks, and their key, in the form in which everything is stored there: encrypted to its
 * recipients, or in the clear where nothing is encrypted. Does nothing where nothing was erased.
 * @throws TombstoneError; PluginError when the place cannot be written to
 */
export async function shareTombstones(
  { directory }: { readonly directory: string },
  place: Place,
  form: StoredForm,
): Promise<void> {
  const { folder: own, path } = tombstonePaths(directory);
  if (!isThere(path)) return;
  using list = listAt(path);
  if (list.batches === 0) return;
  const folder = `${ERASED_FOLDER}/${list.id}`;
  const put = async (name: string, content: Uint8Array): Promise<void> =>
    void (await send({ place, folder, file: await form(fromMemory(name, content)), replaces: false }));
  const there = [...(await place.list(`${folder}/`)).keys()].map((name) =>
    plainName(name.slice(folder.length + 1)),
  );
  if (!there.includes(KEY_NAME)) await put(KEY_NAME, Buffer.from(Buffer.from(readKey(own)).toString("hex")));
  const covered = coveredBy(there.flatMap((name) => batchesNamed(name) ?? []));
  for (const { first, last } of list.groups(covered)) {
    const tags = list.tags(first, last);
    await put(nameOfBatches({ first, last, count: tags.length }), toStored(tags));
  }
}

/** A project's own list, batch by batch. */
interface OwnList extends Disposable {
  readonly id: string;
  readonly batches: number;
  /** What follows a batch, in groups that are not too large for one object. */
  groups(after: number): readonly { readonly first: number; readonly last: number }[];
  tags(first: number, last: number): readonly Uint8Array[];
}

function listAt(path: string): OwnList {
  const database = openErased(path);
  const { id = "", batches = 0 } =
    database.query<{ id: string; batches: number }, []>("SELECT id, batches FROM about").get() ?? {};
  const sizes = database.query<{ batch: number; size: number }, [number]>(
    "SELECT batch, count(*) AS size FROM erased WHERE batch > ? GROUP BY batch",
  );
  const within = database.query<{ tag: Uint8Array }, [number, number]>(
    "SELECT tag FROM erased WHERE batch BETWEEN ? AND ?",
  );
  return {
    id,
    batches,
    groups(after) {
      const known = explaining(path, () => new Map(sizes.all(after).map(({ batch, size }) => [batch, size])));
      const groups: { first: number; last: number }[] = [];
      let room = 0;
      for (let batch = after + 1; batch <= batches; batch += 1) {
        const size = known.get(batch) ?? 0;
        const last = groups.at(-1);
        if (last === undefined || size > room) groups.push({ first: batch, last: batch });
        else last.last = batch;
        room = (last === undefined || size > room ? STORED_MAX : room) - size;
      }
      return groups;
    },
    tags: (first, last) => explaining(path, () => within.all(first, last).map(({ tag }) => tag)),
    [Symbol.dispose]: () => database.close(),
  };
}

/** The id of a project's own list, and how many batches it has; `undefined`: nothing was erased here. @throws TombstoneError */
export function ownList({
  directory,
}: {
  readonly directory: string;
}): Pick<OwnList, "id" | "batches"> | undefined {
  const { path } = tombstonePaths(directory);
  if (!isThere(path)) return undefined;
  using list = listAt(path);
  return { id: list.id, batches: list.batches };
}
