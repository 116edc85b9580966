import { SNAPSHOT_NAME } from "../../snapshot/format/name.ts";
import type { Storage } from "../../storage/storage.ts";
import { COPY_FILE } from "../format/copy-file.ts";
import type { Place } from "../place/place.ts";
import { readOnly } from "./read-only.ts";

/** The names of the copies in a place. */
const copiesIn = async (place: Place): Promise<string[]> =>
  [...(await place.list("", (name) => name.endsWith(`/${COPY_FILE}`))).keys()]
    .map((name) => name.slice(0, -COPY_FILE.length - 1))
    .filter((name) => SNAPSHOT_NAME.test(name))
    .sort();

/**
 * A place as storage of which only the copies are seen, each as a place of its own: so they are listed, chosen and opened as the
 * snapshots in a directory are.
 * @param copy the copy of this name
 */
export function placeStorage(place: Place, copy: (name: string) => Storage): Storage {
  const root = place.name;
  return {
    ...readOnly(root),
    shown: place.shown,
    names: () => copiesIn(place),
    within: copy,
    list: nothing,
    stat: async () => undefined,
    read: async (name) => absent(place.shown(name)),
    open: async (name) => absent(place.shown(name)),
  };
}

async function* nothing(): AsyncGenerator<string> {}

function absent(what: string): never {
  throw Object.assign(new Error(`there is no ${what}`), { code: "ENOENT" });
}
