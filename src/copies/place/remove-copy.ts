/** Removes from a place: whole copies, and what belongs to none. */
import { isKind } from "../../contract/errors.ts";
import { inParallel } from "../../units/in-parallel.ts";
import { toRfc3339 } from "../../units/range.ts";
import { COPY_FILE } from "../format/copy-file.ts";
import type { Place } from "./place.ts";

/** An object that the place does not let go. */
export interface Withheld {
  readonly object: string;
  readonly reason: string;
}

/**
 * Removes a copy: first `copy.json`, so that a half-removed one can never pass for a whole. If that is withheld, everything stays.
 * @param onGone called when there is no copy any more
 * @returns what the place does not let go
 * @throws PluginError, which leaves a whole copy or what belongs to none
 */
export async function removeCopy(place: Place, name: string, onGone: () => void): Promise<Withheld[]> {
  const [withheld] = await removeObjects(place, [`${name}/${COPY_FILE}`]);
  if (withheld !== undefined) return [withheld];
  onGone();
  return removeObjects(place, (await place.list(`${name}/`)).keys());
}

/** Removes these objects. @returns those that the place does not let go @throws PluginError */
export async function removeObjects(place: Place, objects: Iterable<string>): Promise<Withheld[]> {
  const withheld: Withheld[] = [];
  await inParallel([...objects], async (object) => {
    try {
      await place.remove(object);
    } catch (error) {
      if (!isKind(error, "refused")) throw error;
      withheld.push({ object, reason: error.message });
    }
  });
  return withheld;
}

/** Until when a copy is protected, as its best protected object is; `undefined` when nothing protects it. RFC 3339 @throws PluginError */
export async function lockedUntil(place: Place, name: string, now: bigint): Promise<string | undefined> {
  if (place.retainUntil === undefined) return undefined;
  const objects = [...(await place.list(`${name}/`)).keys()];
  const asked = await inParallel(objects, (object) => place.stat(object));
  const latest = asked.reduce((end, one) => {
    const until = one?.retainedUntil ?? 0n;
    return until > end ? until : end;
  }, 0n);
  return latest > now ? toRfc3339(latest) : undefined;
}
