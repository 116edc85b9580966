/** What an export has committed, as storage: the index, and the data as far as this machine can read it. */
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import type { Storage } from "../../storage/storage.ts";
import { heldFile, rangedFile } from "../read/ranged-file.ts";
import { readOnly } from "../read/read-only.ts";
import type { HeldParts } from "./held-parts.ts";
import type { StraightOptions } from "./options.ts";
import type { StraightState } from "./state.ts";

interface ReadBackOptions extends Pick<StraightOptions, "place"> {
  readonly name: string;
  readonly state: Pick<StraightState, "index" | "objects">;
  /** What is stored encrypted, and known still. */
  readonly held: HeldParts | undefined;
}

/** An unfinished snapshot, to be read. */
interface ReadBack {
  readonly files: Storage;
  /** False for a file that only its recipients can read. */
  canRead(file: string): boolean;
}

/** The committed part of an export. */
export function readBack({ place, name, state, held }: ReadBackOptions): ReadBack {
  const root = place.shown(name);
  const shown = (file: string): string => `${root}/${file}`;
  const absent = (file: string): SnapshotError => new SnapshotError(`${shown(file)} cannot be read here`);
  const canRead = (file: string): boolean =>
    state.objects.get(file)?.encrypted === undefined || held?.has(file) === true;
  const files: Storage = {
    ...readOnly(root),
    shown,
    async open(file) {
      if (file === INDEX_FILE) return state.index.file();
      const object = state.objects.get(file);
      if (object !== undefined && object.encrypted === undefined)
        return rangedFile({
          bytes: object.bytes,
          fetch: (range, into) => place.fetch(`${name}/${object.name}`, range, into),
        });
      const content = await held?.get(file);
      if (content === undefined) throw absent(file);
      return heldFile(content);
    },
    read: async (file) => Promise.reject(absent(file)),
    list: () => nothing(),
    names: async () => [],
    stat: async () => undefined,
  };
  return { files, canRead };
}

async function* nothing(): AsyncGenerator<string> {}
